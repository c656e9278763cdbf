//! One child of a machine, as it is seen from outside.
//!
//! Owns what is known of a child. How its lives go is decided in `life`, what their ends lead to in `end`.

use std::sync::Arc;
use std::time::Duration;

use super::backoff::Ladder;
use super::budget::Budget;
use super::life::{Cause, Life, Quota, Renewal, SIGTERM, Step, Trial};
use super::team::{Seat, Sort, Team};
use super::{Due, GroupPolicy, Policy, PoolPolicy, Restart};
use crate::{ActorId, ExitReason, Incarnation};

/// A child of a [`Machine`](super::Machine): a worker, or a group or pool with children of its own.
///
/// ```
/// use std::time::Duration;
/// use pulsar::supervise::{Event, Machine, Phase, Policy};
/// # let id = "0.7".parse().unwrap();
/// let (mut machine, mut actions) = (Machine::new(1), Vec::new());
/// machine.handle(Duration::ZERO, Event::Add { id, parent: None, policy: Policy::default() }, &mut actions);
/// machine.handle(Duration::from_secs(1), Event::Ready { id, incarnation: 1 }, &mut actions);
///
/// let child = machine.get(id).unwrap();
/// assert_eq!((child.phase(), child.incarnation(), child.restarts()), (Phase::Running, 1, 0));
/// assert!(child.is_live() && child.last_exit().is_none());
/// assert_eq!(child.deadline(), Some(Duration::from_secs(31))); // silent until then, it hangs
/// ```
#[derive(Clone, Debug)]
pub struct Child {
    pub(super) id: ActorId,
    pub(super) parent: Option<ActorId>,
    /// Its place among its parent's children.
    pub(super) seat: Seat,
    pub(super) policy: Arc<Policy>,
    pub(super) incarnation: Incarnation,
    pub(super) life: Life,
    pub(super) trial: Trial,
    /// Whether it is to be started again at all: it was not stopped on request.
    pub(super) wanted: bool,
    /// Whether it waits to be launched.
    pub(super) held: bool,
    /// Whether it leaves its pool for good when it ends.
    pub(super) retiring: bool,
    /// Whether its restarts are spent, and it is tried now and then.
    pub(super) slow: bool,
    /// Why it is to be replaced by its pool, if it is.
    pub(super) due: Option<Due>,
    pub(super) renewal: Renewal,
    pub(super) restarts: u32,
    pub(super) ladder: Ladder,
    pub(super) budget: Budget,
    pub(super) last_exit: Option<Box<ExitReason>>,
    pub(super) quota: Option<Box<Quota>>,
    pub(super) team: Option<Box<Team>>,
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
    /// Declared, or down with its group: it comes up when its group does, or when those are down that are started again with it.
    Idle,
    /// An incarnation was started and is not ready; of a group or pool, its children come up.
    Starting,
    /// An incarnation is ready; a group or pool has been up.
    Running,
    /// An incarnation was told to end, or is being made to; of a group or pool, its children are.
    Stopping,
    /// No incarnation lives; the next starts at this time.
    Waiting(Duration),
    /// No incarnation lives, and none is started until it is reset.
    Parked,
    /// No incarnation lives: it was stopped on request, or ended and is not of a type that is started again.
    Down,
}

impl Child {
    /// Its identity.
    pub fn id(&self) -> ActorId {
        self.id
    }

    /// The group or pool that it belongs to, if any.
    pub fn parent(&self) -> Option<ActorId> {
        self.parent
    }

    /// The children of a group, or the workers of a pool, in order.
    pub fn members(&self) -> impl DoubleEndedIterator<Item = ActorId> {
        self.team.iter().flat_map(|team| team.members.values().copied())
    }

    /// How it is supervised.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// How it supervises its children, if it is a group.
    pub fn group(&self) -> Option<&GroupPolicy> {
        match &self.team.as_deref()?.sort {
            Sort::Group(group) => Some(&group.policy),
            Sort::Pool(_) => None,
        }
    }

    /// How it supervises its workers, if it is a pool.
    pub fn pool(&self) -> Option<&PoolPolicy> {
        match &self.team.as_deref()?.sort {
            Sort::Group(_) => None,
            Sort::Pool(pool) => Some(&pool.policy),
        }
    }

    /// Its newest incarnation, living or not.
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// How often it was started again, since it was added or reset, or its group came up.
    pub fn restarts(&self) -> u32 {
        self.restarts
    }

    /// Why its incarnation before this ended, or this one if it no longer lives.
    pub fn last_exit(&self) -> Option<&ExitReason> {
        self.last_exit.as_deref()
    }

    /// Where it is in its life.
    pub fn phase(&self) -> Phase {
        match self.life {
            Life::Idle => Phase::Idle,
            Life::Starting { .. } => Phase::Starting,
            Life::Running { .. } => Phase::Running,
            Life::Ending { .. } => Phase::Stopping,
            Life::Waiting { until } => Phase::Waiting(until),
            Life::Parked => Phase::Parked,
            Life::Down => Phase::Down,
        }
    }

    /// Whether its incarnation lives, as far as is known; of a group or pool, whether any of its children may.
    pub fn is_live(&self) -> bool {
        matches!(self.life, Life::Starting { .. } | Life::Running { .. } | Life::Ending { .. })
    }

    /// Whether its incarnation is to be sent nothing more: it was told to [drain](super::Action::Drain).
    pub fn is_retiring(&self) -> bool {
        self.retiring || matches!(self.life, Life::Ending { cause: Cause::Renew, .. })
    }

    /// Whether it was stopped on request: only a [restart](super::Event::Restart) starts it again.
    pub fn is_stopped(&self) -> bool {
        !self.wanted
    }

    pub(super) fn is_temporary(&self) -> bool {
        self.policy.restart == Restart::Temporary
    }

    /// When its next timer fires.
    pub fn deadline(&self) -> Option<Duration> {
        let policy = &self.policy;
        let (from, after) = match self.life {
            Life::Waiting { until } => return Some(until),
            Life::Idle | Life::Parked | Life::Down => return None,
            _ if self.team.is_some() => return self.team.as_ref()?.deadline(),
            Life::Starting { since } => (since, policy.start_timeout),
            Life::Running { since, silent, .. } => {
                let hung = silent.saturating_add(policy.timeout);
                let aged = self.old_at(since).unwrap_or(Duration::MAX);
                (hung.min(aged), Duration::ZERO)
            }
            Life::Ending { step: Step::Killed, .. } => return None,
            Life::Ending { cause: Cause::Hang, since, .. } => (since, policy.abort_grace),
            Life::Ending { since, step: Step::Terminated, .. } => (since, policy.shutdown),
            Life::Ending { since, .. } => (since, policy.shutdown - policy.shutdown / 5),
        };
        Some(from.saturating_add(after)).filter(|&at| at != Duration::MAX)
    }

    /// Why the living incarnation really ended: what was done to it comes before what it died of.
    pub fn judge(&self, reason: ExitReason) -> ExitReason {
        let Life::Ending { cause, step, .. } = self.life else { return reason };
        match (cause, &reason) {
            (Cause::StartTimeout(limit), _) => ExitReason::StartFailed(format!("no notify within {limit:?}")),
            (Cause::Hang, _) => ExitReason::Hung,
            (Cause::Kill, _) => reason,
            (_, ExitReason::Code(0)) => ExitReason::Shutdown,
            (_, ExitReason::Signal { number: SIGTERM, .. }) if step != Step::Asked => ExitReason::Shutdown,
            (_, other) if other.is_normal() => ExitReason::Shutdown,
            _ => reason,
        }
    }
}
