//! A machine with a clock and children that have names; what it says, in words.

use std::collections::BTreeMap;
use std::time::Duration;

use pulsar::supervise::{Action, AutoShutdown, Child, Event, GroupPolicy, Intensity, Machine, Phase, Policy};
use pulsar::supervise::{PoolPolicy, Restart, Strategy};
use pulsar::{ActorId, ExitReason};

pub(crate) const CRASH: ExitReason = ExitReason::Code(1);
pub(crate) const KILLED: ExitReason = ExitReason::Signal { number: 9, core: false };

pub(crate) struct Tree {
    pub(crate) machine: Machine,
    pub(crate) now: Duration,
    /// All actions that were seen, with when.
    pub(crate) log: Vec<(Duration, Action)>,
    names: Vec<String>,
    /// Workers that pools asked for and that have not been made.
    pub(crate) hires: Vec<(ActorId, Option<ActorId>)>,
    /// How workers of pools are supervised.
    pub(crate) worker: Policy,
    /// How often each was started.
    pub(crate) starts: BTreeMap<ActorId, u32>,
}

pub(crate) fn seconds(secs: f64) -> Duration {
    Duration::from_secs_f64(secs)
}

/// Never taken for hung.
pub(crate) fn calm() -> Policy {
    Policy { timeout: Duration::MAX, ..Policy::default() }
}

pub(crate) fn policy(restart: Restart) -> Policy {
    Policy { restart, ..calm() }
}

pub(crate) fn group(strategy: Strategy) -> GroupPolicy {
    GroupPolicy { strategy, ..GroupPolicy::default() }
}

pub(crate) fn auto(auto_shutdown: AutoShutdown) -> GroupPolicy {
    GroupPolicy { auto_shutdown, ..GroupPolicy::default() }
}

pub(crate) fn pool(workers: u32) -> PoolPolicy {
    PoolPolicy { workers, ..PoolPolicy::default() }
}

pub(crate) fn limit(restarts: u32) -> Option<Intensity> {
    Some(Intensity::new(restarts, seconds(30.0)))
}

impl Tree {
    pub(crate) fn new() -> Self {
        Self {
            machine: Machine::new(7),
            now: seconds(100.0),
            log: Vec::new(),
            names: Vec::new(),
            hires: Vec::new(),
            worker: calm(),
            starts: BTreeMap::new(),
        }
    }

    /// A root group `site` of permanent workers with these names, up for ten seconds.
    pub(crate) fn up(group: GroupPolicy, children: &[(&str, Policy)]) -> Self {
        let mut tree = Self::new();
        tree.group("site", None, Policy::default(), group);
        for (name, policy) in children {
            tree.add(name, "site", policy.clone());
        }
        tree.launch("site");
        tree.settle();
        assert_eq!(tree.phase("site"), Some(Phase::Running));
        tree.pass(10.0);
        tree
    }

    pub(crate) fn id(&mut self, name: &str) -> ActorId {
        let at = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_string());
            self.names.len() - 1
        });
        format!("0.{}", at + 1).parse().unwrap()
    }

    fn name(&self, id: ActorId) -> String {
        let text = id.to_string();
        let named = text.strip_prefix("0.").and_then(|serial| self.names.get(serial.parse::<usize>().ok()? - 1));
        named.cloned().unwrap_or(text)
    }

    pub(crate) fn get(&mut self, name: &str) -> Option<&Child> {
        let id = self.id(name);
        self.machine.get(id)
    }

    pub(crate) fn phase(&mut self, name: &str) -> Option<Phase> {
        self.get(name).map(Child::phase)
    }

    pub(crate) fn incarnation(&mut self, name: &str) -> u32 {
        self.get(name).map_or(1, Child::incarnation)
    }

    pub(crate) fn tell(&mut self, event: Event) -> String {
        let mut actions = Vec::new();
        self.machine.handle(self.now, event, &mut actions);
        let mut words = Vec::new();
        for action in actions {
            match &action {
                Action::Start { id, incarnation } => {
                    assert_eq!(self.machine.get(*id).map(Child::incarnation), Some(*incarnation));
                    *self.starts.entry(*id).or_default() += 1;
                }
                Action::Hire { pool, replaces } => self.hires.push((*pool, *replaces)),
                _ => {}
            }
            words.push(self.word(&action));
            self.log.push((self.now, action));
        }
        words.join(", ")
    }

    fn word(&self, action: &Action) -> String {
        let name = |id: &ActorId| self.name(*id);
        match action {
            Action::Start { id, .. } => format!("start {}", name(id)),
            Action::RequestStop { id, .. } => format!("stop {}", name(id)),
            Action::Drain { id, .. } => format!("drain {}", name(id)),
            Action::Terminate { id, .. } => format!("terminate {}", name(id)),
            Action::Abort { id, .. } => format!("abort {}", name(id)),
            Action::Kill { id, .. } => format!("kill {}", name(id)),
            Action::Hire { pool, replaces: None } => format!("hire for {}", name(pool)),
            Action::Hire { replaces: Some(old), .. } => format!("hire instead of {}", name(old)),
            Action::Up { id } => format!("{} is up", name(id)),
            Action::Restarting { id, .. } => format!("{} again", name(id)),
            Action::Parked { id, .. } => format!("{} parked", name(id)),
            Action::Down { id, .. } => format!("{} down", name(id)),
            Action::GaveUp { id, .. } => format!("{} gave up", name(id)),
            Action::Replaced { old, new, .. } => format!("{} replaced {}", name(new), name(old)),
            Action::Refused { id, .. } => format!("refused for {}", name(id)),
            Action::Removed { id, .. } => format!("{} gone", name(id)),
        }
    }

    pub(crate) fn add(&mut self, name: &str, parent: &str, policy: Policy) -> String {
        let (id, parent) = (self.id(name), Some(self.id(parent)));
        self.tell(Event::Add { id, parent, policy })
    }

    pub(crate) fn group(&mut self, name: &str, parent: Option<&str>, policy: Policy, group: GroupPolicy) -> String {
        let (id, parent) = (self.id(name), parent.map(|parent| self.id(parent)));
        self.tell(Event::AddGroup { id, parent, policy, group })
    }

    pub(crate) fn pool(&mut self, name: &str, parent: Option<&str>, policy: Policy, pool: PoolPolicy) -> String {
        let (id, parent) = (self.id(name), parent.map(|parent| self.id(parent)));
        self.tell(Event::AddPool { id, parent, policy, pool })
    }

    /// Makes the workers that were asked for, with the next names of this list.
    pub(crate) fn hire(&mut self, names: &[&str]) -> String {
        let mut words = Vec::new();
        for name in names {
            let (parent, _) = self.hires.remove(0);
            let (id, policy) = (self.id(name), self.worker.clone());
            words.push(self.tell(Event::Add { id, parent: Some(parent), policy }));
        }
        words.join(", ")
    }

    pub(crate) fn launch(&mut self, name: &str) -> String {
        let id = self.id(name);
        self.tell(Event::Launch { id })
    }

    pub(crate) fn ready(&mut self, name: &str) -> String {
        let (id, incarnation) = (self.id(name), self.incarnation(name));
        self.tell(Event::Ready { id, incarnation })
    }

    pub(crate) fn exit(&mut self, name: &str, reason: ExitReason) -> String {
        let (id, incarnation) = (self.id(name), self.incarnation(name));
        self.tell(Event::Exited { id, incarnation, reason })
    }

    pub(crate) fn crash(&mut self, name: &str) -> String {
        self.exit(name, CRASH)
    }

    /// It does as it was told.
    pub(crate) fn obeys(&mut self, name: &str) -> String {
        self.exit(name, ExitReason::Shutdown)
    }

    pub(crate) fn stop(&mut self, name: &str) -> String {
        let id = self.id(name);
        self.tell(Event::Stop { id })
    }

    pub(crate) fn kill(&mut self, name: &str) -> String {
        let id = self.id(name);
        self.tell(Event::Kill { id })
    }

    pub(crate) fn reset(&mut self, name: &str) -> String {
        let id = self.id(name);
        self.tell(Event::Reset { id })
    }

    pub(crate) fn restart(&mut self, name: &str) -> String {
        let id = self.id(name);
        self.tell(Event::Restart { id })
    }

    pub(crate) fn delete(&mut self, name: &str) -> String {
        let id = self.id(name);
        self.tell(Event::Delete { id })
    }

    pub(crate) fn recycle(&mut self, name: &str) -> String {
        let id = self.id(name);
        self.tell(Event::Recycle { id })
    }

    pub(crate) fn renew(&mut self, name: &str) -> String {
        let id = self.id(name);
        self.tell(Event::Renew { id })
    }

    pub(crate) fn scale(&mut self, name: &str, workers: u32) -> String {
        let id = self.id(name);
        self.tell(Event::Scale { id, workers })
    }

    pub(crate) fn uses(&mut self, name: &str, messages: u64, memory: u64) -> String {
        let (id, incarnation) = (self.id(name), self.incarnation(name));
        self.tell(Event::Usage { id, incarnation, messages, memory })
    }

    /// Lets the time pass without anything happening, and without a tick.
    pub(crate) fn pass(&mut self, secs: f64) -> &mut Self {
        self.now += seconds(secs);
        self
    }

    /// Lets time alone lead on to the next timer that leads to anything, within so many seconds.
    pub(crate) fn wait(&mut self, secs: f64) -> String {
        let end = self.now + seconds(secs);
        while let Some(at) = self.machine.next_timer().filter(|&at| at <= end) {
            self.now = self.now.max(at);
            let words = self.tell(Event::Tick);
            if !words.is_empty() {
                return words;
            }
        }
        self.now = end;
        String::new()
    }

    /// Everything that starts becomes ready, everything that is asked to end does, and every worker that is asked for comes,
    /// without the time passing. What happened meanwhile.
    pub(crate) fn settle(&mut self) -> String {
        let mut words = Vec::new();
        loop {
            let living: Vec<_> = self.machine.iter().filter(|child| child.is_live()).cloned().collect();
            let mut moved = false;
            for child in living {
                let (id, incarnation) = (child.id(), child.incarnation());
                let team = child.group().is_some() || child.pool().is_some();
                match child.phase() {
                    _ if team => continue,
                    Phase::Starting => words.push(self.tell(Event::Ready { id, incarnation })),
                    Phase::Stopping => {
                        words.push(self.tell(Event::Exited { id, incarnation, reason: ExitReason::Shutdown }));
                    }
                    _ => continue,
                }
                moved = true;
            }
            while !self.hires.is_empty() {
                let name = format!("worker-{}", self.names.len());
                words.push(self.hire(&[&name]));
                moved = true;
            }
            if !moved {
                break;
            }
        }
        words.retain(|words| !words.is_empty());
        words.join(", ")
    }

    /// The last reason that was told of this child.
    pub(crate) fn reason(&mut self, name: &str) -> Option<ExitReason> {
        let wanted = self.id(name);
        self.log.iter().rev().find_map(|(_, action)| match action {
            Action::Removed { id, reason }
            | Action::Down { id, reason }
            | Action::Parked { id, reason, .. }
            | Action::Restarting { id, reason, .. }
            | Action::Refused { id, reason }
            | Action::GaveUp { id, reason, .. }
                if *id == wanted =>
            {
                Some(reason.clone())
            }
            _ => None,
        })
    }

    pub(crate) fn started(&mut self, name: &str) -> u32 {
        let id = self.id(name);
        self.starts.get(&id).copied().unwrap_or_default()
    }

    pub(crate) fn live(&self) -> usize {
        let worker = |child: &&Child| child.group().is_none() && child.pool().is_none();
        self.machine.iter().filter(worker).filter(|child| child.is_live()).count()
    }
}
