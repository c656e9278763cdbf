//! One child: the life of its incarnations and what its end leads to.
//!
//! Owns a child's state and timers. Must not know of other children.

use std::time::Duration;

use super::backoff::{Jitter, Ladder};
use super::budget::Budget;
use super::{Action, Policy};
use crate::{ActorId, ExitReason, Incarnation};

/// A child of a [`Machine`](super::Machine).
///
/// ```
/// use std::time::Duration;
/// use pulsar::supervise::{Event, Machine, Phase, Policy};
/// # let id = "0.7".parse().unwrap();
/// let (mut machine, mut actions) = (Machine::new(1), Vec::new());
/// machine.handle(Duration::ZERO, Event::Add { id, policy: Policy::default() }, &mut actions);
/// machine.handle(Duration::from_secs(1), Event::Ready { id, incarnation: 1 }, &mut actions);
///
/// let child = machine.get(id).unwrap();
/// assert_eq!((child.phase(), child.incarnation(), child.restarts()), (Phase::Running, 1, 0));
/// assert!(child.is_live() && child.last_exit().is_none());
/// assert_eq!(child.deadline(), Some(Duration::from_secs(31))); // silent until then, it hangs
/// ```
#[derive(Clone, Debug)]
pub struct Child {
    id: ActorId,
    policy: Policy,
    incarnation: Incarnation,
    life: Life,
    /// Whether any incarnation was ever ready: until then a failure fails the spawn.
    proven: bool,
    /// Whether it is to be started again at all.
    wanted: bool,
    restarts: u32,
    ladder: Ladder,
    budget: Budget,
    last_exit: Option<ExitReason>,
}

/// Where a child is in its life.
///
/// ```
/// use std::time::Duration;
/// use pulsar::supervise::Phase;
/// assert_ne!(Phase::Waiting(Duration::from_secs(1)), Phase::Parked);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// An incarnation was started and is not ready.
    Starting,
    /// An incarnation is ready.
    Running,
    /// An incarnation was told to end, or is being made to.
    Stopping,
    /// No incarnation lives; the next starts at this time.
    Waiting(Duration),
    /// No incarnation lives, and none is started until it is reset.
    Parked,
}

/// What a child is doing, with the times that its timers run from.
#[derive(Clone, Debug)]
enum Life {
    Starting { since: Duration },
    Running { since: Duration, heard: Duration, silent: Duration },
    Ending { cause: Cause, since: Duration, step: Step, ready: Duration },
    Waiting { until: Duration },
    Parked,
}

/// Why a living incarnation is made to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    Stop,
    Kill,
    /// It was not ready within this time.
    StartTimeout(Duration),
    Hang,
}

/// How far making it end has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Asked,
    Terminated,
    Killed,
}

/// What is left of a child when an event has been handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Kept,
    Gone,
}

impl Child {
    /// Its identity.
    pub fn id(&self) -> ActorId {
        self.id
    }

    /// How it is supervised.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Its newest incarnation, living or not.
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// How often it was started again, since it was added or reset.
    pub fn restarts(&self) -> u32 {
        self.restarts
    }

    /// Why its incarnation before this ended, or this one if it no longer lives.
    pub fn last_exit(&self) -> Option<&ExitReason> {
        self.last_exit.as_ref()
    }

    /// Where it is in its life.
    pub fn phase(&self) -> Phase {
        match self.life {
            Life::Starting { .. } => Phase::Starting,
            Life::Running { .. } => Phase::Running,
            Life::Ending { .. } => Phase::Stopping,
            Life::Waiting { until } => Phase::Waiting(until),
            Life::Parked => Phase::Parked,
        }
    }

    /// Whether its incarnation lives, as far as is known.
    pub fn is_live(&self) -> bool {
        !matches!(self.life, Life::Waiting { .. } | Life::Parked)
    }

    /// When its next timer fires.
    pub fn deadline(&self) -> Option<Duration> {
        let policy = &self.policy;
        let (from, after) = match self.life {
            Life::Starting { since } => (since, policy.start_timeout),
            Life::Running { silent, .. } => (silent, policy.timeout),
            Life::Ending { step: Step::Killed, .. } | Life::Parked => return None,
            Life::Ending { cause: Cause::Hang, since, .. } => (since, policy.abort_grace),
            Life::Ending { since, step: Step::Terminated, .. } => (since, policy.shutdown),
            Life::Ending { since, .. } => (since, policy.shutdown - policy.shutdown / 5),
            Life::Waiting { until } => return Some(until),
        };
        Some(from.saturating_add(after)).filter(|&at| at != Duration::MAX)
    }

    /// A child whose first incarnation is started.
    pub(super) fn start(id: ActorId, policy: Policy, now: Duration, actions: &mut Vec<Action>) -> Self {
        let mut child = Self {
            id,
            policy,
            incarnation: 0,
            life: Life::Parked,
            proven: false,
            wanted: true,
            restarts: 0,
            ladder: Ladder::default(),
            budget: Budget::default(),
            last_exit: None,
        };
        child.begin(now, actions);
        child
    }

    fn begin(&mut self, now: Duration, actions: &mut Vec<Action>) {
        self.incarnation = self.incarnation.saturating_add(1);
        self.life = Life::Starting { since: now };
        actions.push(Action::Start { id: self.id, incarnation: self.incarnation });
    }

    pub(super) fn set_policy(&mut self, policy: Policy) {
        self.policy = policy;
    }

    pub(super) fn ready(&mut self, now: Duration) {
        if let Life::Starting { .. } = self.life {
            self.proven = true;
            self.life = Life::Running { since: now, heard: now, silent: now };
        }
    }

    pub(super) fn beat(&mut self, now: Duration) {
        if let Life::Running { heard, silent, .. } = &mut self.life {
            (*heard, *silent) = (now, now);
        }
    }

    /// Gives it the whole of its time again, without counting as a sign of life.
    pub(super) fn grace(&mut self, now: Duration) {
        match &mut self.life {
            Life::Starting { since: from } | Life::Running { silent: from, .. } => *from = now,
            _ => {}
        }
    }

    pub(super) fn stop(&mut self, now: Duration, actions: &mut Vec<Action>) -> Fate {
        self.wanted = false;
        match self.life {
            Life::Starting { .. } | Life::Running { .. } => {
                self.end(Cause::Stop, now, Step::Asked);
                actions.push(Action::RequestStop { id: self.id, incarnation: self.incarnation });
                Fate::Kept
            }
            Life::Ending { .. } => Fate::Kept,
            Life::Waiting { .. } | Life::Parked => self.gone(ExitReason::Shutdown, actions),
        }
    }

    pub(super) fn kill(&mut self, now: Duration, actions: &mut Vec<Action>) -> Fate {
        self.wanted = false;
        match &mut self.life {
            Life::Starting { .. } | Life::Running { .. } => self.end(Cause::Kill, now, Step::Killed),
            Life::Ending { step: Step::Killed, .. } => return Fate::Kept,
            Life::Ending { cause, step, .. } => {
                *step = Step::Killed;
                if *cause == Cause::Stop {
                    *cause = Cause::Kill;
                }
            }
            Life::Waiting { .. } | Life::Parked => return self.gone(ExitReason::Shutdown, actions),
        }
        actions.push(Action::Kill { id: self.id, incarnation: self.incarnation });
        Fate::Kept
    }

    /// Forgets its failures, and starts it at once where no incarnation lives.
    pub(super) fn reset(&mut self, now: Duration, actions: &mut Vec<Action>) {
        self.restarts = 0;
        self.ladder = Ladder::default();
        self.budget = Budget::default();
        if !self.is_live() {
            self.begin(now, actions);
        }
    }

    /// Does what is to be done at its [deadline](Self::deadline).
    pub(super) fn expire(&mut self, now: Duration, actions: &mut Vec<Action>) {
        let (id, incarnation) = (self.id, self.incarnation);
        match &mut self.life {
            Life::Starting { .. } => {
                let limit = self.policy.start_timeout;
                self.end(Cause::StartTimeout(limit), now, Step::Killed);
                actions.push(Action::Kill { id, incarnation });
            }
            Life::Running { .. } => {
                self.end(Cause::Hang, now, Step::Asked);
                actions.push(Action::Abort { id, incarnation });
            }
            Life::Ending { cause: Cause::Stop, step: step @ Step::Asked, .. } => {
                *step = Step::Terminated;
                actions.push(Action::Terminate { id, incarnation });
            }
            Life::Ending { step, .. } => {
                *step = Step::Killed;
                actions.push(Action::Kill { id, incarnation });
            }
            Life::Waiting { .. } => self.begin(now, actions),
            Life::Parked => {}
        }
    }

    /// Its living incarnation ended.
    pub(super) fn exited(
        &mut self,
        now: Duration,
        reason: ExitReason,
        jitter: &mut Jitter,
        actions: &mut Vec<Action>,
    ) -> Fate {
        let ready = self.ready_for(now);
        let reason = self.judge(reason);
        if !self.wanted || !self.proven || !self.policy.restart.follows(&reason) {
            return self.gone(reason, actions);
        }
        self.last_exit = Some(reason.clone());
        let (id, incarnation) = (self.id, self.incarnation);
        if !self.budget.spend(self.policy.intensity.as_ref(), now) {
            self.life = Life::Parked;
            actions.push(Action::Parked { id, reason, restarts: self.restarts });
            return Fate::Kept;
        }
        let delay = self.ladder.climb(&self.policy.backoff, ready, jitter);
        self.restarts = self.restarts.saturating_add(1);
        actions.push(Action::Restarting { id, incarnation, reason, delay, restarts: self.restarts });
        if delay.is_zero() {
            self.begin(now, actions);
        } else {
            self.life = Life::Waiting { until: now.saturating_add(delay) };
        }
        Fate::Kept
    }

    /// For how long the living incarnation was known to be well.
    fn ready_for(&self, now: Duration) -> Duration {
        match self.life {
            Life::Running { since, .. } => now.saturating_sub(since),
            Life::Ending { ready, .. } => ready,
            _ => Duration::ZERO,
        }
    }

    /// Why the living incarnation really ended: what was done to it comes before what it died of.
    pub fn judge(&self, reason: ExitReason) -> ExitReason {
        let Life::Ending { cause, step, .. } = self.life else { return reason };
        match (cause, &reason) {
            (Cause::StartTimeout(limit), _) => ExitReason::StartFailed(format!("no notify within {limit:?}")),
            (Cause::Hang, _) => ExitReason::Hung,
            (Cause::Stop, ExitReason::Code(0)) => ExitReason::Shutdown,
            (Cause::Stop, ExitReason::Signal { number: SIGTERM, .. }) if step != Step::Asked => ExitReason::Shutdown,
            (Cause::Stop, other) if other.is_normal() => ExitReason::Shutdown,
            _ => reason,
        }
    }

    fn end(&mut self, cause: Cause, now: Duration, step: Step) {
        let ready = match self.life {
            Life::Running { since, heard, .. } => heard.saturating_sub(since),
            _ => Duration::ZERO,
        };
        self.life = Life::Ending { cause, since: now, step, ready };
    }

    fn gone(&self, reason: ExitReason, actions: &mut Vec<Action>) -> Fate {
        actions.push(Action::Removed { id: self.id, reason });
        Fate::Gone
    }
}

/// The number of the signal that [`Action::Terminate`] sends, the same on every Unix.
const SIGTERM: i32 = 15;
