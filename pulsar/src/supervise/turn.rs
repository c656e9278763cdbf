//! The turn of one event: all children, what is to be done, and the groups and pools that have to look after theirs.
//!
//! Owns the moves that every decision is made of: a child begins, waits, is at rest or is removed, and its timer follows. Must
//! not know why.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::life::{Cause, Life, Out, Trial};
use super::team::{Seat, Sort, Team};
use super::timers::Timers;
use super::{Action, Child, Policy};
use crate::id::IdMap;
use crate::{ActorId, ExitReason};

#[derive(Debug)]
pub(super) struct Turn<'a> {
    pub(super) children: &'a mut IdMap<Box<Child>>,
    pub(super) timers: &'a mut Timers,
    pub(super) out: Out<'a>,
    /// That of the last child that was added.
    pub(super) policy: &'a mut Option<Arc<Policy>>,
    /// Groups and pools of which a child has changed.
    pub(super) touched: Vec<ActorId>,
}

impl Turn<'_> {
    pub(super) fn get(&self, id: ActorId) -> Option<&Child> {
        self.children.get(&id).map(|child| &**child)
    }

    pub(super) fn parent(&self, id: ActorId) -> Option<ActorId> {
        self.get(id)?.parent
    }

    pub(super) fn members(&self, id: ActorId) -> Option<&BTreeMap<Seat, ActorId>> {
        Some(&self.get(id)?.team.as_ref()?.members)
    }

    pub(super) fn is_ending(&self, id: ActorId) -> bool {
        self.get(id).is_some_and(|child| matches!(child.life, Life::Ending { .. }))
    }

    /// Changes a child, and keeps its timer where its deadline is.
    pub(super) fn change<R>(&mut self, id: ActorId, change: impl FnOnce(&mut Child, &mut Out<'_>) -> R) -> Option<R> {
        let child = self.children.get_mut(&id)?;
        let before = child.deadline();
        let result = change(child, &mut self.out);
        let after = child.deadline();
        if before != after {
            let wanted = |at, id| is_due(self.children, at, id);
            if let Some(at) = before {
                self.timers.remove(at, id, wanted);
            }
            if let Some(at) = after {
                self.timers.add(self.out.now, at, id, wanted);
            }
        }
        Some(result)
    }

    pub(super) fn touch(&mut self, id: Option<ActorId>) {
        self.touched.extend(id);
    }

    /// Lets the groups and pools that were touched do what they have to, until none has anything left to do.
    pub(super) fn settle(&mut self) {
        while let Some(id) = self.touched.pop() {
            match self.get(id).and_then(|child| child.team.as_ref()).map(|team| &team.sort) {
                Some(Sort::Group(_)) => self.settle_group(id),
                Some(Sort::Pool(_)) => self.settle_pool(id),
                None => {}
            }
        }
    }

    pub(super) fn add(&mut self, id: ActorId, parent: Option<ActorId>, policy: Policy, team: Option<Team>) {
        if self.children.contains_key(&id) {
            return;
        }
        let policy = self.shared(policy);
        let mut child = Child::new(id, parent, 0, policy, team);
        let group = child.group().is_some();
        if let Some(above) = parent {
            let Some(parent) = self.get(above).filter(|_| above != id) else { return self.refuse(id) };
            let begun = parent.incarnation > 0;
            match parent.team.as_ref().map(|team| &team.sort) {
                Some(Sort::Group(_)) if !begun && matches!(parent.life, Life::Idle) => child.trial = Trial::Team,
                Some(Sort::Group(_)) if matches!(parent.life, Life::Starting { .. } | Life::Running { .. }) => {
                    child.held = group;
                }
                Some(Sort::Pool(_)) if child.team.is_none() => match self.hired(above, id) {
                    Some(trial) => child.trial = trial,
                    None => return self.refuse(id),
                },
                _ => return self.refuse(id),
            }
            if let Some(Some(seat)) = self.change(above, |parent, _| Some(parent.team.as_mut()?.seat(id))) {
                child.seat = seat;
            }
        } else {
            child.held = group;
        }
        self.children.insert(id, Box::new(child));
        self.wake(id);
        self.touch(parent);
    }

    /// The policy, in common with the child that was added before where it is the same.
    fn shared(&mut self, policy: Policy) -> Arc<Policy> {
        match &self.policy {
            Some(known) if **known == policy => known.clone(),
            _ => self.policy.insert(Arc::new(policy)).clone(),
        }
    }

    fn refuse(&mut self, id: ActorId) {
        let reason = ExitReason::StartFailed("its supervisor does not take it: it is gone, or does not run".into());
        self.out.say(Action::Removed { id, reason });
    }

    /// Starts a child in which nothing lives: now, or in its turn.
    pub(super) fn wake(&mut self, id: ActorId) {
        let Some(child) = self.get(id).filter(|child| !child.is_live()) else { return };
        let (held, seat, parent) = (child.held, child.seat, child.parent);
        self.idle(id);
        self.touch(parent);
        let now = match parent.map(|parent| self.get(parent)) {
            None => true,
            Some(parent) => parent.is_some_and(|parent| {
                let up = matches!(parent.life, Life::Starting { .. } | Life::Running { .. });
                up && parent.team.as_ref().is_some_and(|team| team.starts(seat)) && !self.falls(parent)
            }),
        };
        if now && !held {
            self.begin(id);
        } else if let Some(parent) = parent {
            self.with_group(parent, |group| group.look_again(seat));
        }
    }

    /// The next incarnation of a child begins.
    pub(super) fn begin(&mut self, id: ActorId) {
        self.change(id, Child::begin);
        let Some(members) = self.members(id) else { return };
        for member in members.values().copied().collect::<Vec<_>>() {
            self.change(member, |child, _| {
                if matches!(child.life, Life::Down) && child.wanted {
                    child.life = Life::Idle;
                }
                if matches!(child.life, Life::Idle) {
                    child.forgive();
                    child.trial = Trial::Team;
                }
            });
        }
        self.touch(Some(id));
    }

    /// A group or pool is up.
    pub(super) fn up(&mut self, id: ActorId) {
        if let Some(true) = self.change(id, |child, out| child.ready(out.now)) {
            self.out.say(Action::Up { id });
            self.touch(self.parent(id));
        }
    }

    pub(super) fn idle(&mut self, id: ActorId) {
        self.change(id, |child, _| child.life = Life::Idle);
    }

    /// The next incarnation begins after the delay.
    pub(super) fn wait(&mut self, id: ActorId, delay: Duration) {
        if delay.is_zero() {
            self.begin(id);
        } else {
            self.change(id, |child, out| child.life = Life::Waiting { until: out.now.saturating_add(delay) });
        }
    }

    pub(super) fn park(&mut self, id: ActorId, reason: ExitReason) {
        if let Some(restarts) = self.change(id, |child, _| {
            child.life = Life::Parked;
            child.restarts
        }) {
            self.out.say(Action::Parked { id, reason, restarts });
        }
    }

    /// A child is not started again by itself: kept if it can be on request, removed else.
    pub(super) fn rest(&mut self, id: ActorId, reason: ExitReason) {
        let Some(child) = self.get(id) else { return };
        let grouped = child.parent.and_then(|parent| self.get(parent)).and_then(Child::group).is_some();
        if !grouped || child.is_temporary() || child.trial == Trial::Own {
            return self.remove(id, reason);
        }
        self.change(id, |child, _| child.life = Life::Down);
        self.out.say(Action::Down { id, reason });
    }

    /// Forgets a child in which nothing lives, with all that is under it: the deepest and last first.
    pub(super) fn remove(&mut self, id: ActorId, reason: ExitReason) {
        let above = self.parent(id);
        for gone in self.under(id).into_iter().rev() {
            let Some(child) = self.children.remove(&gone) else { continue };
            if let Some(at) = child.deadline() {
                self.timers.remove(at, gone, |at, id| is_due(self.children, at, id));
            }
            if gone != id {
                let reason = child.last_exit.map_or(ExitReason::Shutdown, |reason| *reason);
                self.out.say(Action::Removed { id: gone, reason });
            } else if let Some(parent) = above {
                self.change(parent, |parent, _| parent.team.as_mut()?.members.remove(&child.seat));
            }
        }
        self.out.say(Action::Removed { id, reason });
        self.touch(above);
    }

    /// A child and all that is under it, each before what is under it.
    pub(super) fn under(&self, id: ActorId) -> Vec<ActorId> {
        if self.members(id).is_none() {
            return vec![id];
        }
        let (mut found, mut next) = (Vec::new(), vec![id]);
        while let Some(id) = next.pop() {
            found.push(id);
            next.extend(self.members(id).into_iter().flat_map(|members| members.values().rev()));
        }
        found
    }

    /// Asks a living child to end because its group or pool does, or starts it again.
    pub(super) fn part(&mut self, id: ActorId) {
        if self.get(id).is_some_and(|child| child.team.is_some()) {
            self.close(id, ExitReason::Shutdown, Cause::Stop);
        } else {
            self.change(id, |child, out| child.ask(Cause::Stop, false, out));
        }
    }

    /// A living group or pool ends for this reason, when all its children have. The first reason stands.
    pub(super) fn close(&mut self, id: ActorId, verdict: ExitReason, cause: Cause) {
        if let Some(true) = self.change(id, |child, out| child.close(verdict, cause, out.now)) {
            self.disband(id);
            self.touch(Some(id));
        }
    }
}

/// Whether a child is to be looked at then.
pub(super) fn is_due(children: &IdMap<Box<Child>>, at: Duration, id: ActorId) -> bool {
    children.get(&id).is_some_and(|child| child.deadline() == Some(at))
}
