//! Random trees and what befalls them: groups of all strategies in each other, pools, children on their own.

use std::collections::VecDeque;
use std::time::Duration;

use pulsar::supervise::{AutoShutdown, Backoff, Event, GiveUp, GroupPolicy, Intensity, Machine, Phase, Policy};
use pulsar::supervise::{PoolPolicy, Recycle, Restart, Strategy};
use pulsar::{ActorId, ExitReason};

use crate::witness::Witness;
use crate::{History, Op, Random, Tally, check, reason};

/// The most children of a history.
const MOST: usize = 60;

pub(crate) struct Forest {
    machine: Machine,
    now: Duration,
    random: Random,
    ids: Vec<ActorId>,
    /// How many ids have been given.
    used: usize,
    hires: VecDeque<ActorId>,
    witness: Witness,
    account: bool,
    log: Vec<String>,
    tally: Tally,
    broken: Option<String>,
}

impl History for Forest {
    fn new(seed: u64, account: bool) -> Self {
        let mut forest = Self {
            machine: Machine::new(seed),
            now: Duration::from_secs(1000),
            random: Random(seed),
            ids: IDS.with(Clone::clone),
            used: 0,
            hires: VecDeque::new(),
            witness: Witness::default(),
            account,
            log: Vec::new(),
            tally: Tally::default(),
            broken: None,
        };
        forest.broken = forest.plant().err();
        forest
    }

    fn step(&mut self, (kind, child, rest): Op) -> Result<(), String> {
        if let Some(broken) = self.broken.take() {
            return Err(broken);
        }
        self.pass(rest);
        let id = self.pick(child);
        let newest = self.machine.get(id).map_or(1, |child| child.incarnation());
        // Mostly the newest incarnation, now and then an older one or one that never was.
        let incarnation = match rest >> 12 {
            0 => newest.saturating_sub(1),
            1 => newest + 1,
            _ => newest,
        };
        let event = match kind % 64 {
            0..=15 => return self.obey(child),
            16..=21 => return self.hire(),
            22..=31 => Event::Exited { id, incarnation, reason: reason(rest >> 4) },
            32..=33 => Event::Ready { id, incarnation },
            34..=35 => Event::Usage { id, incarnation, messages: u64::from(rest >> 8), memory: 0 },
            36 => Event::Beat { id, incarnation },
            37..=38 => Event::Stop { id },
            39 => Event::Kill { id },
            40..=41 => Event::Reset { id },
            42..=44 => Event::Restart { id },
            45 => Event::Delete { id },
            46 => Event::Policy { id, policy: self.policy() },
            47 => Event::Scale { id, workers: u32::from(rest >> 8) % 5 },
            48..=49 => Event::Recycle { id },
            50..=51 => Event::Renew { id },
            52 => Event::Grace,
            53..=54 => return self.graft(id, rest),
            55 => Event::Launch { id },
            _ => Event::Tick,
        };
        self.send(event)
    }

    /// From here on everything obeys, and the time passes: nothing may be left that waits for something that does not come.
    fn end(&mut self) -> Result<(), String> {
        if let Some(broken) = self.broken.take() {
            return Err(broken);
        }
        for _ in 0..400 {
            while !self.hires.is_empty() {
                self.hire()?;
            }
            let mut moved = false;
            for at in 0..self.used {
                moved |= self.obey_at(at)?;
            }
            if moved || !self.hires.is_empty() {
                continue;
            }
            let waits = |child: &pulsar::supervise::Child| match child.phase() {
                Phase::Waiting(until) => Some(until),
                Phase::Running if child.group().is_some() || child.pool().is_some() => child.deadline(),
                Phase::Starting if child.group().is_some() => child.deadline(),
                _ => None,
            };
            let Some(next) = self.machine.iter().filter_map(waits).min() else {
                return self.witness.rest(&self.machine);
            };
            self.now = self.now.max(next);
            self.beat_all()?;
            self.send(Event::Tick)?;
        }
        Err("it never comes to rest".into())
    }

    fn log(&self) -> &[String] {
        &self.log
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

thread_local! {
    static IDS: Vec<ActorId> = (1..=MOST).map(|serial| format!("0.{serial}").parse().expect("an id")).collect();
}

impl Forest {
    /// One or two trees and some children on their own.
    fn plant(&mut self) -> Result<(), String> {
        for _ in 0..=self.random.next() % 2 {
            if let Some(root) = self.group(None)? {
                self.fill(root, 0)?;
                self.send(Event::Launch { id: root })?;
            }
        }
        if self.random.next().is_multiple_of(2) {
            self.worker(None)?;
        }
        if self.random.next().is_multiple_of(4) {
            self.pool(None)?;
        }
        Ok(())
    }

    fn fill(&mut self, group: ActorId, depth: u32) -> Result<(), String> {
        for _ in 0..self.random.next() % 4 + u64::from(depth == 0) {
            match self.random.next() % 8 {
                0..=4 => self.worker(Some(group))?,
                5 => self.pool(Some(group))?,
                _ if depth < 3 => {
                    if let Some(inner) = self.group(Some(group))? {
                        self.fill(inner, depth + 1)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Something new under a child that may be of any kind, in any phase, or gone.
    fn graft(&mut self, id: ActorId, rest: u16) -> Result<(), String> {
        match rest >> 13 {
            0..=3 => self.worker(Some(id)),
            4 => self.worker(None),
            5 => self.pool(Some(id)),
            _ => {
                let Some(group) = self.group(Some(id))? else { return Ok(()) };
                self.fill(group, 2)?;
                if rest & 1 == 0 { self.send(Event::Launch { id: group }) } else { Ok(()) }
            }
        }
    }

    fn new_id(&mut self) -> Option<ActorId> {
        let id = self.ids.get(self.used).copied();
        self.used += usize::from(id.is_some());
        id
    }

    fn worker(&mut self, parent: Option<ActorId>) -> Result<(), String> {
        let Some(id) = self.new_id() else { return Ok(()) };
        let policy = self.policy();
        self.send(Event::Add { id, parent, policy })
    }

    fn group(&mut self, parent: Option<ActorId>) -> Result<Option<ActorId>, String> {
        let Some(id) = self.new_id() else { return Ok(None) };
        let (policy, drawn) = (self.policy(), self.random.next());
        let group = GroupPolicy {
            strategy: [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne][(drawn % 3) as usize],
            intensity: intensity(drawn >> 8),
            auto_shutdown: [AutoShutdown::Never, AutoShutdown::AnySignificant, AutoShutdown::AllSignificant]
                [(drawn >> 16) as usize % 3],
        };
        self.send(Event::AddGroup { id, parent, policy, group })?;
        Ok(Some(id))
    }

    fn pool(&mut self, parent: Option<ActorId>) -> Result<(), String> {
        let Some(id) = self.new_id() else { return Ok(()) };
        let (policy, drawn) = (self.policy(), self.random.next());
        let recycle = Recycle {
            messages: Some(200).filter(|_| drawn & 1 == 0),
            age: Some(Duration::from_secs(300)).filter(|_| drawn & 6 == 0),
            memory: None,
        };
        let pool = PoolPolicy { workers: (drawn >> 8) as u32 % 4, intensity: intensity(drawn >> 16), recycle };
        self.send(Event::AddPool { id, parent, policy, pool })
    }

    fn policy(&mut self) -> Policy {
        let drawn = self.random.next();
        let time = |shift: u32, times: [u64; 4]| Duration::from_millis(times[(drawn >> shift) as usize & 3]);
        Policy {
            restart: [Restart::Permanent, Restart::Permanent, Restart::Transient, Restart::Temporary]
                [drawn as usize & 3],
            backoff: Backoff::new(time(2, [100, 100, 0, 5000]), time(4, [30_000, 1000, 200, 0])),
            intensity: intensity(drawn >> 16),
            give_up: [GiveUp::Escalate, GiveUp::Escalate, GiveUp::Park, GiveUp::Retry][(drawn >> 6) as usize & 3],
            significant: drawn >> 8 & 3 == 0,
            start_timeout: time(10, [30_000, 100, 30_000, 1000]),
            shutdown: time(12, [5000, 1, 5000, 0]),
            timeout: time(14, [30_000, 3000, 1 << 40, 1 << 40]),
            ..Policy::default()
        }
    }

    /// One of the children there have been: mostly of the younger half, so that what is grafted is met.
    fn pick(&self, drawn: u8) -> ActorId {
        self.ids[usize::from(drawn) % self.used.clamp(1, MOST)]
    }

    /// Some child does as it is told, or becomes ready.
    fn obey(&mut self, drawn: u8) -> Result<(), String> {
        for at in 0..self.used {
            if self.obey_at((at + usize::from(drawn)) % self.used)? {
                break;
            }
        }
        Ok(())
    }

    fn obey_at(&mut self, at: usize) -> Result<bool, String> {
        let id = self.ids[at];
        let Some(child) = self.machine.get(id).filter(|child| child.group().is_none() && child.pool().is_none()) else {
            return Ok(false);
        };
        let incarnation = child.incarnation();
        match child.phase() {
            Phase::Starting => self.send(Event::Ready { id, incarnation })?,
            Phase::Stopping => self.send(Event::Exited { id, incarnation, reason: ExitReason::Normal })?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn beat_all(&mut self) -> Result<(), String> {
        for at in 0..self.used {
            let id = self.ids[at];
            if let Some(child) = self.machine.get(id).filter(|child| child.phase() == Phase::Running) {
                let incarnation = child.incarnation();
                self.send(Event::Beat { id, incarnation })?;
            }
        }
        Ok(())
    }

    /// Makes the worker that was asked for first. When the ids are used up it takes those of children that are gone.
    fn hire(&mut self) -> Result<(), String> {
        let Some(parent) = self.hires.pop_front() else { return Ok(()) };
        let Some(id) = self.new_id().or_else(|| self.ids.iter().copied().find(|&id| self.machine.get(id).is_none()))
        else {
            return Ok(());
        };
        let policy = self.policy();
        self.send(Event::Add { id, parent: Some(parent), policy })
    }

    /// Lets some time pass: none, some, up to the next timer, or far beyond.
    fn pass(&mut self, rest: u16) {
        let next = self.machine.next_timer().unwrap_or(self.now).max(self.now);
        let soon = next < self.now + Duration::from_secs(1 << 20);
        self.now = match rest % 8 {
            2 => self.now + Duration::from_millis(u64::from(rest >> 8)),
            3 => self.now + Duration::from_millis(u64::from(rest)),
            4 | 5 if soon => next,
            6 if soon => next + Duration::from_nanos(1),
            7 => self.now + Duration::from_secs(u64::from(rest >> 10)),
            _ => self.now,
        };
    }

    fn send(&mut self, event: Event) -> Result<(), String> {
        let mut actions = Vec::new();
        self.witness.before(&event, &self.machine);
        self.machine.handle(self.now, event.clone(), &mut actions);
        if self.account {
            self.log.push(format!("{:?} {event:?} -> {actions:?}", self.now));
        }
        self.tally.events += 1;
        for action in &actions {
            self.tally.count(action);
            if let pulsar::supervise::Action::Hire { pool, .. } = action {
                self.hires.push_back(*pool);
            }
        }
        self.witness.after(&event, &actions, &self.machine, self.now)?;
        check!(actions.len() < 1000, "{} actions", actions.len());
        Ok(())
    }
}

fn intensity(drawn: u64) -> Option<Intensity> {
    let within = [30_000, 1000, 0, 500_000][(drawn >> 2) as usize & 3];
    match drawn & 3 {
        0 => None,
        restarts => Some(Intensity::new(restarts as u32 - 1, Duration::from_millis(within))),
    }
}
