//! The machine: events and the time in, actions out.
//!
//! Owns the set of children and the order of their timers. What one child does is decided in `child`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::backoff::Jitter;
use super::child::Fate;
use super::{Child, Policy};
use crate::{ActorId, ExitReason, Incarnation};

/// What happened. An event of an incarnation that no longer lives is ignored, as is one of an unknown child.
///
/// ```
/// use std::time::Duration;
/// use pulsar::ExitReason;
/// use pulsar::supervise::{Action, Event, Machine, Policy};
/// # let id = "0.7".parse().unwrap();
/// let (mut machine, mut actions) = (Machine::new(1), Vec::new());
/// let mut tell = |seconds, event| {
///     machine.handle(Duration::from_secs(seconds), event, &mut actions);
///     std::mem::take(&mut actions)
/// };
/// tell(0, Event::Add { id, policy: Policy::default() });
/// tell(0, Event::Ready { id, incarnation: 1 });
/// let said = tell(9, Event::Exited { id, incarnation: 1, reason: ExitReason::Code(1) });
/// assert_eq!(said.last(), Some(&Action::Start { id, incarnation: 2 })); // it had been well: at once
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A child is to be supervised, and started. Ignored where there is one with this id.
    Add {
        /// The child.
        id: ActorId,
        /// How it is supervised.
        policy: Policy,
    },
    /// An incarnation is ready: its first sign of life.
    Ready {
        /// The child.
        id: ActorId,
        /// Which of its lives.
        incarnation: Incarnation,
    },
    /// An incarnation gave a sign of life.
    Beat {
        /// The child.
        id: ActorId,
        /// Which of its lives.
        incarnation: Incarnation,
    },
    /// An incarnation ended.
    Exited {
        /// The child.
        id: ActorId,
        /// Which of its lives.
        incarnation: Incarnation,
        /// Why.
        reason: ExitReason,
    },
    /// Someone asks that it stop, for good.
    Stop {
        /// The child.
        id: ActorId,
    },
    /// Someone asks that it be killed, for good.
    Kill {
        /// The child.
        id: ActorId,
    },
    /// Its failures are to be forgotten, and it is to start at once if no incarnation lives.
    Reset {
        /// The child.
        id: ActorId,
    },
    /// It is to be supervised otherwise from now on. Timers that run are measured anew.
    Policy {
        /// The child.
        id: ActorId,
        /// How it is supervised.
        policy: Policy,
    },
    /// Time has passed.
    Tick,
    /// The shell itself stood still: all children get the whole of their time to start or to be silent again.
    Grace,
}

/// What is to be done.
///
/// Performed in order. What it leads to comes back as an [`Event`].
///
/// ```
/// use pulsar::supervise::Action;
/// # let id = "0.7".parse().unwrap();
/// assert_ne!(Action::Kill { id, incarnation: 1 }, Action::Abort { id, incarnation: 1 });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start an incarnation.
    Start {
        /// The child.
        id: ActorId,
        /// Which of its lives.
        incarnation: Incarnation,
    },
    /// Ask an incarnation to stop, in its control lane.
    RequestStop {
        /// The child.
        id: ActorId,
        /// Which of its lives.
        incarnation: Incarnation,
    },
    /// Tell an incarnation to terminate: TERM, and CONT in case it was stopped.
    Terminate {
        /// The child.
        id: ActorId,
        /// Which of its lives.
        incarnation: Incarnation,
    },
    /// Abort an incarnation that hangs, so that it leaves a trace: ABRT.
    Abort {
        /// The child.
        id: ActorId,
        /// Which of its lives.
        incarnation: Incarnation,
    },
    /// Kill an incarnation: KILL.
    Kill {
        /// The child.
        id: ActorId,
        /// Which of its lives.
        incarnation: Incarnation,
    },
    /// Tell the world: an incarnation ended, and the next starts after the delay.
    Restarting {
        /// The child.
        id: ActorId,
        /// The life that ended.
        incarnation: Incarnation,
        /// Why.
        reason: ExitReason,
        /// When the next starts, from now.
        delay: Duration,
        /// How often it has been restarted, with this one.
        restarts: u32,
    },
    /// Tell the world: it failed too often, and is not started again until it is reset.
    Parked {
        /// The child.
        id: ActorId,
        /// Why its last incarnation ended.
        reason: ExitReason,
        /// How often it was restarted before.
        restarts: u32,
    },
    /// Tell the world: it is gone for good, and so is all that was known of it.
    Removed {
        /// The child.
        id: ActorId,
        /// Why its last incarnation ended.
        reason: ExitReason,
    },
}

/// A set of independent children, each kept alive as its policy says.
#[derive(Clone, Debug)]
pub struct Machine {
    children: BTreeMap<ActorId, Child>,
    timers: BTreeSet<(Duration, ActorId)>,
    jitter: Jitter,
}

impl Machine {
    /// A machine without children. The same seed and events give the same actions.
    pub const fn new(seed: u64) -> Self {
        Self { children: BTreeMap::new(), timers: BTreeSet::new(), jitter: Jitter::new(seed) }
    }

    /// Handles an event at a time since an origin of the caller's choice, and appends what is to be done.
    ///
    /// Timers fire only on [`Event::Tick`], so that what happened is heard before anyone is judged.
    pub fn handle(&mut self, now: Duration, event: Event, actions: &mut Vec<Action>) {
        match event {
            Event::Add { id, policy } => self.add(now, id, policy, actions),
            Event::Ready { id, incarnation } => self.living(id, incarnation, |child, _| {
                child.ready(now);
                Fate::Kept
            }),
            Event::Beat { id, incarnation } => self.living(id, incarnation, |child, _| {
                child.beat(now);
                Fate::Kept
            }),
            Event::Exited { id, incarnation, reason } => {
                self.living(id, incarnation, |child, jitter| child.exited(now, reason, jitter, actions));
            }
            Event::Stop { id } => self.change(id, |child, _| child.stop(now, actions)),
            Event::Kill { id } => self.change(id, |child, _| child.kill(now, actions)),
            Event::Reset { id } => self.change(id, |child, _| {
                child.reset(now, actions);
                Fate::Kept
            }),
            Event::Policy { id, policy } => self.change(id, |child, _| {
                child.set_policy(policy);
                Fate::Kept
            }),
            Event::Tick => self.tick(now, actions),
            Event::Grace => self.grace(now),
        }
    }

    /// When to [tick](Event::Tick) next; `None` where nothing waits for the time to pass.
    pub fn next_timer(&self) -> Option<Duration> {
        self.timers.first().map(|&(at, _)| at)
    }

    /// The child with this id.
    pub fn get(&self, id: ActorId) -> Option<&Child> {
        self.children.get(&id)
    }

    /// All children, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Child> {
        self.children.values()
    }

    /// How many children there are.
    pub fn len(&self) -> usize {
        self.children.len()
    }

    /// Whether there are no children.
    pub fn is_empty(&self) -> bool {
        self.children.is_empty()
    }

    fn add(&mut self, now: Duration, id: ActorId, policy: Policy, actions: &mut Vec<Action>) {
        if self.children.contains_key(&id) {
            return;
        }
        let child = Child::start(id, policy, now, actions);
        self.timers.extend(child.deadline().map(|at| (at, id)));
        self.children.insert(id, child);
    }

    fn tick(&mut self, now: Duration, actions: &mut Vec<Action>) {
        while let Some(&(at, id)) = self.timers.first() {
            if at > now {
                break;
            }
            self.change(id, |child, _| {
                child.expire(now, actions);
                Fate::Kept
            });
        }
    }

    fn grace(&mut self, now: Duration) {
        self.timers.clear();
        for child in self.children.values_mut() {
            child.grace(now);
            self.timers.extend(child.deadline().map(|at| (at, child.id())));
        }
    }

    /// Changes a child, if this is the incarnation of it that lives.
    fn living(&mut self, id: ActorId, incarnation: Incarnation, change: impl FnOnce(&mut Child, &mut Jitter) -> Fate) {
        if self.get(id).is_some_and(|child| child.is_live() && child.incarnation() == incarnation) {
            self.change(id, change);
        }
    }

    /// Changes a child, and keeps its timer where its deadline is.
    fn change(&mut self, id: ActorId, change: impl FnOnce(&mut Child, &mut Jitter) -> Fate) {
        let Some(child) = self.children.get_mut(&id) else { return };
        let before = child.deadline();
        let fate = change(child, &mut self.jitter);
        let after = child.deadline().filter(|_| fate == Fate::Kept);
        if before != after {
            if let Some(at) = before {
                self.timers.remove(&(at, id));
            }
            self.timers.extend(after.map(|at| (at, id)));
        }
        if fate == Fate::Gone {
            self.children.remove(&id);
        }
    }
}
