//! Who has seen all events and actions, and knows what must never be seen.
//!
//! It keeps what it saw of each child, apart from what the machine knows; the machine is asked only for phases and for who belongs
//! to whom.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use pulsar::supervise::{
    Action, Child, Event, GiveUp, GroupPolicy, Intensity, Machine, Phase, Policy, PoolPolicy, Restart, Strategy,
};
use pulsar::{ActorId, ExitReason, Incarnation};

use crate::check;

#[derive(Default)]
pub(crate) struct Witness {
    seen: BTreeMap<ActorId, Seen>,
    /// Of the event that is handled: what was true before it.
    ready_before: usize,
    known: bool,
}

/// What was seen of one child.
struct Seen {
    parent: Option<ActorId>,
    sort: Sort,
    policy: Policy,
    /// Its place among those added under the same parent.
    order: usize,
    live: Option<Live>,
    last: Incarnation,
    /// Stopped or killed on request, and not asked for again.
    stopped: bool,
    parked: bool,
    held: bool,
    /// Started by itself, not in its turn; of a group or pool, until it is up.
    solo: bool,
    renewing: bool,
    retiring: bool,
    ready_once: bool,
    /// Restarts of late: its own, and of a group's or pool's children.
    own: VecDeque<Duration>,
    shared: VecDeque<Duration>,
    /// Which of its lives, and of its parent's, these were counted in.
    life: (Incarnation, Incarnation),
    /// Of a group that starts some again: from where on, and what has to be down before.
    affected: (usize, Vec<(ActorId, Incarnation)>),
    outstanding: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum Sort {
    Worker,
    Group(GroupPolicy),
    Pool(PoolPolicy),
}

impl Seen {
    fn team(&self) -> bool {
        self.sort != Sort::Worker
    }

    /// How many restarts its children may have.
    fn limit(&self) -> Option<Intensity> {
        match &self.sort {
            Sort::Worker => None,
            Sort::Group(group) => group.intensity,
            Sort::Pool(pool) => Some(pool.limit()),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Live {
    incarnation: Incarnation,
    ready: bool,
    asked: bool,
}

impl Witness {
    pub(crate) fn before(&mut self, event: &Event, machine: &Machine) {
        self.turn_over(machine);
        self.ready_before = 0;
        self.known = match event {
            Event::Add { id, .. } | Event::AddGroup { id, .. } | Event::AddPool { id, .. } => {
                machine.get(*id).is_some()
            }
            _ => false,
        };
        match event {
            Event::Add { id, parent, policy } => self.add(*id, *parent, policy, Sort::Worker, false, machine),
            Event::AddPool { id, parent, policy, pool } => {
                let pool = PoolPolicy { workers: pool.workers.max(1), ..pool.clone() };
                self.add(*id, *parent, policy, Sort::Pool(pool), false, machine);
            }
            Event::Scale { id, workers } => self.with(*id, |seen| {
                if let Sort::Pool(pool) = &mut seen.sort {
                    pool.workers = (*workers).max(1);
                }
            }),
            Event::AddGroup { id, parent, policy, group } => {
                let begun = parent.and_then(|parent| machine.get(parent)).is_none_or(|parent| parent.incarnation() > 0);
                self.add(*id, *parent, policy, Sort::Group(group.clone()), begun, machine);
            }
            Event::Launch { id } => self.with(*id, |seen| (seen.held, seen.solo) = (false, true)),
            Event::Stop { id } | Event::Kill { id } => self.with(*id, |seen| seen.stopped = true),
            Event::Restart { id } if machine.get(*id).is_some_and(|child| child.phase() == Phase::Down) => {
                self.with(*id, |seen| {
                    seen.solo |= seen.team();
                    seen.stopped = false;
                    seen.own.clear();
                    seen.shared.clear();
                });
            }
            Event::Reset { id } => {
                for (&other, seen) in &mut self.seen {
                    let mut above = Some(other);
                    while let Some(at) = above.filter(|at| at != id) {
                        above = machine.get(at).and_then(Child::parent);
                    }
                    if above.is_some() && (other == *id || seen.parked) {
                        seen.solo |= seen.team();
                        seen.parked = false;
                        seen.own.clear();
                        seen.shared.clear();
                    }
                }
            }
            Event::Policy { id, policy } => self.with(*id, |seen| seen.policy = policy.clone()),
            Event::Ready { id, incarnation } => {
                let parent = self.seen.get(id).and_then(|seen| seen.parent);
                self.ready_before = parent.map_or(0, |parent| self.serving(parent));
                let place = machine.get(*id).map(|child| (child.phase(), child.incarnation()));
                if place == Some((Phase::Starting, *incarnation)) {
                    self.with(*id, |seen| {
                        (seen.solo, seen.renewing, seen.ready_once) = (false, false, true);
                        seen.live.iter_mut().for_each(|live| live.ready = true);
                    });
                }
            }
            Event::Exited { id, incarnation, .. } => self.with(*id, |seen| {
                if seen.live.is_some_and(|live| live.incarnation == *incarnation) {
                    seen.live = None;
                }
            }),
            _ => {}
        }
    }

    fn add(
        &mut self,
        id: ActorId,
        parent: Option<ActorId>,
        policy: &Policy,
        sort: Sort,
        held: bool,
        machine: &Machine,
    ) {
        if self.known {
            return;
        }
        let order = self.seen.values().filter(|seen| seen.parent == parent).map(|seen| seen.order + 1).max();
        if let (Some(parent), Sort::Worker) = (parent, &sort) {
            self.with(parent, |seen| seen.outstanding = seen.outstanding.saturating_sub(1));
        }
        // What is added to a group that is up is started at once.
        let up = |parent: ActorId| machine.get(parent).is_some_and(|parent| parent.phase() == Phase::Running);
        let solo = sort != Sort::Worker && parent.is_some_and(up);
        let seen = Seen {
            parent,
            sort,
            policy: policy.clone(),
            order: order.unwrap_or_default(),
            live: None,
            last: 0,
            stopped: false,
            parked: false,
            held,
            solo,
            renewing: false,
            retiring: false,
            ready_once: false,
            own: VecDeque::new(),
            shared: VecDeque::new(),
            life: (0, 0),
            affected: (0, Vec::new()),
            outstanding: 0,
        };
        self.seen.insert(id, seen);
    }

    fn with(&mut self, id: ActorId, change: impl FnOnce(&mut Seen)) {
        if let Some(seen) = self.seen.get_mut(&id) {
            change(seen);
        }
    }

    pub(crate) fn after(
        &mut self,
        event: &Event,
        actions: &[Action],
        machine: &Machine,
        now: Duration,
    ) -> Result<(), String> {
        for action in actions {
            self.saw(event, action, machine, now)?;
        }
        self.judged(actions)?;
        // A pool that ends does not wait for those that it asked for.
        for (&id, seen) in &mut self.seen {
            let up = matches!(machine.get(id).map(Child::phase), Some(Phase::Starting | Phase::Running));
            seen.outstanding *= usize::from(up);
        }
        if let Event::Ready { id, .. } = event
            && let Some(pool) = self.seen.get(id).and_then(|seen| seen.parent)
            && self.pool(pool)
        {
            check!(self.serving(pool) >= self.ready_before, "{pool} has fewer workers than before");
        }
        self.agree(machine)
    }

    /// Workers of a pool that are ready and stay.
    fn serving(&self, pool: ActorId) -> usize {
        let of = self.seen.values().filter(|seen| seen.parent == Some(pool) && !seen.retiring);
        of.filter(|seen| seen.live.is_some_and(|live| live.ready && !live.asked)).count()
    }

    fn saw(&mut self, event: &Event, action: &Action, machine: &Machine, now: Duration) -> Result<(), String> {
        match action {
            Action::Start { id, incarnation } => self.started(event, *id, *incarnation, machine),
            Action::RequestStop { id, incarnation } => {
                self.ask(*id, *incarnation)?;
                self.in_reverse(event, *id)
            }
            Action::Drain { id, incarnation } => {
                self.ask(*id, *incarnation)?;
                let pool =
                    self.seen[id].parent.and_then(|parent| machine.get(parent)).is_some_and(|p| p.pool().is_some());
                self.with(*id, |seen| {
                    seen.retiring = pool;
                    seen.renewing = !pool;
                });
                Ok(())
            }
            Action::Terminate { id, incarnation }
            | Action::Abort { id, incarnation }
            | Action::Kill { id, incarnation } => {
                let live = self.seen.get(id).and_then(|seen| seen.live);
                check!(live.is_some_and(|live| live.incarnation == *incarnation), "{id} does not live: {action:?}");
                self.with(*id, |seen| seen.live.iter_mut().for_each(|live| live.asked = true));
                Ok(())
            }
            Action::Hire { pool, .. } => {
                self.with(*pool, |seen| seen.outstanding += 1);
                Ok(())
            }
            Action::Up { id } => self.came_up(*id, machine),
            Action::Restarting { id, .. } => self.restarting(*id, now),
            Action::Parked { id, reason, .. } => self.parked(*id, reason, now),
            Action::GaveUp { id, .. } => {
                let (recent, limit) = (self.recent(*id, now), self.seen[id].limit());
                check!(
                    limit.is_some_and(|limit| recent as u32 >= limit.restarts),
                    "{id} gave up after {recent} of {limit:?}"
                );
                Ok(())
            }
            Action::Down { id, .. } => {
                let seen = &self.seen[id];
                check!(
                    seen.parent.is_some_and(|parent| self.group(parent).is_some()),
                    "{id} is down, and not in a group"
                );
                check!(seen.policy.restart != Restart::Temporary, "{id} is temporary, and kept");
                let stopped = machine.get(*id).is_some_and(Child::is_stopped);
                self.with(*id, |seen| {
                    seen.stopped |= stopped;
                    seen.parked = false;
                });
                Ok(())
            }
            Action::Replaced { old, new, .. } => {
                check!(!self.seen.contains_key(old), "{old} was replaced and is there");
                check!(self.seen.contains_key(new), "{new} replaces and is not there");
                Ok(())
            }
            Action::Refused { .. } => Ok(()),
            Action::Removed { id, .. } => {
                check!(!self.known, "{id} is removed by being added");
                let Some(seen) = self.seen.remove(id) else { return Err(format!("{id} is removed twice")) };
                check!(seen.live.is_none(), "{id} lives and is removed");
                let under = self.seen.iter().find(|(_, other)| other.parent == Some(*id));
                check!(under.is_none(), "{id} is removed before {:?}", under.map(|(id, _)| id));
                Ok(())
            }
        }
    }

    fn started(
        &mut self,
        event: &Event,
        id: ActorId,
        incarnation: Incarnation,
        machine: &Machine,
    ) -> Result<(), String> {
        let Some(seen) = self.seen.get(&id) else { return Err(format!("{id} is started, and unknown")) };
        check!(seen.live.is_none(), "{id} lives twice");
        check!(!seen.team(), "{id} is no worker");
        check!(incarnation == seen.last + 1, "{id} begins life {incarnation} after {}", seen.last);
        let mut above = Some(id);
        while let Some(at) = above {
            let Some(seen) = self.seen.get(&at) else {
                return Err(format!("{id} is started under {at}, which is gone"));
            };
            check!(!seen.stopped, "{id} is started, but {at} was stopped");
            check!(!seen.parked, "{id} is started, but {at} is parked");
            check!(!seen.held, "{id} is started, but {at} was not launched");
            check!(!seen.retiring, "{id} is started, but leaves");
            let phase = machine.get(at).map(Child::phase);
            let fine = matches!(phase, Some(Phase::Starting | Phase::Running)) || at == id;
            check!(fine, "{id} is started, but {at} is {phase:?}");
            above = seen.parent;
        }
        let by_itself =
            matches!(event, Event::Add { .. } | Event::Restart { .. } | Event::Reset { .. } | Event::Launch { .. })
                || seen.renewing;
        if let Some(group) = seen.parent.filter(|&parent| self.group(parent).is_some()) {
            let (from, pending) = &self.seen[&group].affected;
            if seen.order >= *from {
                let alive = pending.iter().find(|(other, incarnation)| {
                    self.seen.get(other).and_then(|seen| seen.live).is_some_and(|live| live.incarnation == *incarnation)
                });
                check!(alive.is_none(), "{id} is started before {alive:?} is down");
            }
            let strategy = self.group(group);
            let in_turn =
                machine.get(group).map(Child::phase) == Some(Phase::Starting) || strategy != Some(Strategy::OneForOne);
            if in_turn && !by_itself {
                for (other, before) in &self.seen {
                    if before.parent == Some(group) && before.order < seen.order && !before.solo && !before.renewing {
                        let late = before.live.is_some_and(|live| !live.ready && !live.asked);
                        check!(!late, "{id} is started before {other} is ready");
                        let team = machine.get(*other).map(Child::phase) == Some(Phase::Starting);
                        check!(!(before.team() && team), "{id} is started before {other} is up");
                    }
                }
            }
        }
        self.with(id, |seen| {
            seen.last = incarnation;
            seen.live = Some(Live { incarnation, ready: false, asked: false });
            seen.solo = by_itself;
        });
        Ok(())
    }

    fn ask(&mut self, id: ActorId, incarnation: Incarnation) -> Result<(), String> {
        let Some(live) = self.seen.get_mut(&id).and_then(|seen| seen.live.as_mut()) else {
            return Err(format!("{id} is asked to stop and does not live"));
        };
        check!(live.incarnation == incarnation && !live.asked, "{id} is asked to stop again, or another: {live:?}");
        live.asked = true;
        Ok(())
    }

    /// Whoever is stopped with its group is stopped after those behind it.
    fn in_reverse(&self, event: &Event, id: ActorId) -> Result<(), String> {
        let seen = &self.seen[&id];
        let Some(group) = seen.parent.filter(|&parent| self.group(parent).is_some()) else {
            return Ok(());
        };
        if *event == (Event::Stop { id }) {
            return Ok(());
        }
        for (other, after) in &self.seen {
            if after.parent == Some(group) && after.order > seen.order {
                check!(!self.lives(*other), "{id} is stopped before {other} is down");
            }
        }
        Ok(())
    }

    /// Whether a worker lives there, or under it.
    fn lives(&self, id: ActorId) -> bool {
        self.seen.get(&id).is_some_and(|seen| seen.live.is_some())
            || self.seen.iter().any(|(other, seen)| seen.parent == Some(id) && self.lives(*other))
    }

    fn came_up(&mut self, id: ActorId, machine: &Machine) -> Result<(), String> {
        let Some(team) = machine.get(id).filter(|team| team.phase() == Phase::Running) else { return Ok(()) };
        for member in team.members() {
            let Some(child) = machine.get(member) else { return Err(format!("{member} of {id} is unknown")) };
            let held = self.seen[&member].held;
            // A worker of a pool may be on its way again meanwhile; each was ready.
            let again = child.phase() == Phase::Starting && team.pool().is_some() && self.seen[&member].ready_once;
            let up = !matches!(child.phase(), Phase::Idle | Phase::Starting) || held || again;
            check!(up, "{id} is up, and {member} is {:?}", child.phase());
        }
        Ok(())
    }

    fn restarting(&mut self, id: ActorId, now: Duration) -> Result<(), String> {
        let seen = &self.seen[&id];
        check!(!seen.stopped, "{id} is to be started again, and was stopped");
        check!(seen.live.is_none(), "{id} is to be started again, and lives");
        let (parent, give_up) = (seen.parent, seen.policy.give_up);
        let pool = parent.is_some_and(|parent| self.pool(parent));
        match parent.filter(|_| pool || give_up == GiveUp::Escalate) {
            Some(parent) => {
                let (recent, limit) = (self.recent(parent, now), self.seen[&parent].limit());
                check!(
                    limit.is_none_or(|limit| (recent as u32) < limit.restarts),
                    "{parent} restarts {id}, the {recent}th of {limit:?}"
                );
                self.with(
                    parent,
                    |seen| {
                        if limit.is_some() { seen.shared.push_back(now) } else { seen.shared.clear() }
                    },
                );
            }
            None => {
                let recent = self.own_recent(id, now);
                let limit = self.seen[&id].policy.intensity.map(|intensity| intensity.restarts);
                let spent = limit.is_some_and(|limit| recent as u32 >= limit);
                check!(!spent || give_up == GiveUp::Retry, "{id} restarts, the {recent}th of {limit:?}");
                self.with(id, |seen| match limit {
                    // Tried slowly, it is not counted, and was forgiven when it had been well.
                    Some(_) if spent => seen.own.clear(),
                    Some(_) => seen.own.push_back(now),
                    None => seen.own.clear(),
                });
            }
        }
        let strategy = parent.and_then(|parent| self.group(parent));
        if let (Some(parent), Some(Strategy::OneForAll | Strategy::RestForOne)) = (parent, strategy) {
            let order = self.seen[&id].order;
            let from = if strategy == Some(Strategy::OneForAll) { 0 } else { order };
            let siblings = self.seen.iter().filter(|(_, seen)| seen.parent == Some(parent) && seen.order >= from);
            let alive = siblings.filter_map(|(id, seen)| Some((*id, seen.live?.incarnation))).collect();
            self.with(parent, |seen| seen.affected = (from, alive));
        }
        Ok(())
    }

    fn parked(&mut self, id: ActorId, reason: &ExitReason, now: Duration) -> Result<(), String> {
        let seen = &self.seen[&id];
        check!(seen.live.is_none() && !seen.parked, "{id} is parked, and lives or was before");
        if !(seen.team() && seen.parent.is_none() && matches!(reason, ExitReason::GaveUp { .. })) {
            let Some(intensity) = seen.policy.intensity else { return Err(format!("{id} is parked without a limit")) };
            let recent = seen.own.iter().filter(|&&at| now - at <= intensity.within).count();
            check!(recent as u32 >= intensity.restarts, "{id} is parked after {recent} of {}", intensity.restarts);
            check!(seen.policy.give_up != GiveUp::Retry, "{id} is parked, and to be tried for ever");
        }
        self.with(id, |seen| seen.parked = true);
        Ok(())
    }

    /// What comes up again comes up afresh, and what is under it.
    fn turn_over(&mut self, machine: &Machine) {
        for (&id, seen) in &mut self.seen {
            let above = seen.parent.and_then(|parent| machine.get(parent)).map_or(0, Child::incarnation);
            if seen.team() && machine.get(id).is_some_and(|child| child.phase() == Phase::Running) {
                seen.solo = false;
            }
            let life = (machine.get(id).map_or(0, Child::incarnation), above);
            let before = std::mem::replace(&mut seen.life, life);
            if before.0 != life.0 {
                seen.shared.clear();
            }
            if before.1 != life.1 {
                seen.own.clear();
            }
        }
    }

    /// The restarts of late that count against a group or pool.
    fn recent(&mut self, id: ActorId, now: Duration) -> usize {
        let Some(seen) = self.seen.get_mut(&id) else { return 0 };
        let within = seen.limit().map(|limit| limit.within);
        seen.shared.retain(|&at| within.is_none_or(|within| now - at <= within));
        seen.shared.len()
    }

    /// The restarts of late that count against the child itself.
    fn own_recent(&mut self, id: ActorId, now: Duration) -> usize {
        let Some(seen) = self.seen.get_mut(&id) else { return 0 };
        let within = seen.policy.intensity.map(|intensity| intensity.within);
        seen.own.retain(|&at| within.is_none_or(|within| now - at <= within));
        seen.own.len()
    }

    /// Whoever is started again, parked or kept is so by its type and reason.
    fn judged(&self, actions: &[Action]) -> Result<(), String> {
        for action in actions {
            let (id, reason, again) = match action {
                Action::Restarting { id, reason, .. } | Action::Parked { id, reason, .. } => (id, reason, true),
                Action::Down { id, reason } => (id, reason, false),
                _ => continue,
            };
            let Some(seen) = self.seen.get(id) else { continue };
            let pool = seen.parent.is_some_and(|parent| self.pool(parent));
            let root = seen.parent.is_none() && seen.team();
            let follows = match seen.policy.restart {
                Restart::Permanent => !matches!(reason, ExitReason::Shutdown | ExitReason::OwnerEnded),
                Restart::Transient => !reason.is_normal(),
                Restart::Temporary => false,
            };
            if again {
                check!(pool || root || follows, "{id} is {}: {action:?}", seen.policy.restart);
            } else {
                check!(seen.stopped || !follows, "{id} is {}: {action:?}", seen.policy.restart);
            }
        }
        Ok(())
    }

    fn pool(&self, id: ActorId) -> bool {
        self.seen.get(&id).is_some_and(|seen| matches!(seen.sort, Sort::Pool(_)))
    }

    fn group(&self, id: ActorId) -> Option<Strategy> {
        match &self.seen.get(&id)?.sort {
            Sort::Group(group) => Some(group.strategy),
            _ => None,
        }
    }

    /// The machine and the witness know the same children, alive or not; nothing waits for what cannot come.
    fn agree(&self, machine: &Machine) -> Result<(), String> {
        check!(machine.len() == self.seen.len(), "{} children, not {}", machine.len(), self.seen.len());
        let mut next = None;
        for child in machine.iter() {
            let id = child.id();
            let Some(seen) = self.seen.get(&id) else { return Err(format!("{id} is there, and was not added")) };
            check!(child.parent() == seen.parent, "{id} is under {:?}", child.parent());
            if !seen.team() {
                let live = seen.live.map(|live| live.incarnation);
                let same = live == Some(child.incarnation()).filter(|_| child.is_live());
                check!(same, "{id} is {:?} in life {}, and was seen as {live:?}", child.phase(), child.incarnation());
            }
            if let Some(parent) = child.parent() {
                let Some(parent) = machine.get(parent) else { return Err(format!("{id} has lost its parent")) };
                check!(parent.members().any(|member| member == id), "{id} is no member of its parent");
                let gone = matches!(parent.phase(), Phase::Idle | Phase::Waiting(_) | Phase::Parked | Phase::Down);
                check!(!gone || !child.is_live(), "{id} lives, and its parent does not");
            }
            next = [next, child.deadline()].into_iter().flatten().min();
            if seen.team() {
                self.busy(child, machine)?;
            }
        }
        check!(machine.next_timer() == next, "next timer {:?}, not {next:?}", machine.next_timer());
        Ok(())
    }

    /// A group or pool that is not at rest waits for a child, for a time, or for a worker that was asked for.
    fn busy(&self, team: &Child, machine: &Machine) -> Result<(), String> {
        let id = team.id();
        let members = || team.members().filter_map(|member| machine.get(member));
        let moving = members()
            .any(|child| matches!(child.phase(), Phase::Starting | Phase::Stopping | Phase::Waiting(_)))
            || team.deadline().is_some();
        let outstanding = self.seen[&id].outstanding > 0;
        match team.phase() {
            Phase::Starting if !self.doomed(team, machine) => {
                check!(moving || outstanding, "{id} comes up, and waits for nobody")
            }
            Phase::Stopping => check!(members().any(Child::is_live), "{id} ends, and nobody lives in it"),
            Phase::Starting | Phase::Running if self.doomed(team, machine) => {}
            Phase::Running => {
                let idle = members().find(|child| child.phase() == Phase::Idle && !self.seen[&child.id()].held);
                check!(idle.is_none() || moving, "{id} runs, and {:?} is idle", idle.map(Child::id));
                if let Some(pool) = team.pool() {
                    let staying = members().filter(|child| !child.is_retiring()).count();
                    let coming = self.seen[&id].outstanding;
                    let wanted = pool.workers as usize;
                    check!(staying + coming >= wanted, "{id} has {staying} and asked for {coming} of {wanted}");
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether something above it is about to stop it.
    fn doomed(&self, child: &Child, machine: &Machine) -> bool {
        let mut at = child;
        while let Some(parent) = at.parent().and_then(|parent| machine.get(parent)) {
            let others = || parent.members().filter_map(|member| machine.get(member));
            let regroups = self.group(parent.id()) != Some(Strategy::OneForOne)
                && others().any(|other| matches!(other.phase(), Phase::Idle | Phase::Stopping));
            if parent.phase() == Phase::Stopping || regroups {
                return true;
            }
            at = parent;
        }
        false
    }

    /// Nothing happens any more: everything that is to be up is.
    pub(crate) fn rest(&self, machine: &Machine) -> Result<(), String> {
        for child in machine.iter() {
            let id = child.id();
            let above = child.parent().and_then(|parent| machine.get(parent));
            let fine = match child.phase() {
                Phase::Running | Phase::Parked | Phase::Down => true,
                Phase::Idle => self.seen[&id].held || above.is_some_and(|parent| !parent.is_live()),
                Phase::Starting | Phase::Stopping | Phase::Waiting(_) => false,
            };
            check!(fine, "{id} is {:?} in the end", child.phase());
            if let Some(pool) = child.pool().filter(|_| child.phase() == Phase::Running) {
                let workers = child.members().count();
                check!(workers == pool.workers as usize, "{id} has {workers} of {} in the end", pool.workers);
            }
        }
        Ok(())
    }
}
