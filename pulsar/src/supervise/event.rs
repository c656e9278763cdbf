//! The words of the machine: what happened, and what is to be done. Owns no behaviour.

use std::time::Duration;

use super::{Due, GroupPolicy, Policy, PoolPolicy};
use crate::{ActorId, ExitReason, Incarnation};

/// What happened. An event of an incarnation that no longer lives is ignored, as is one of an unknown child, or one that means
/// nothing to a child of its kind or phase.
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
/// tell(0, Event::Add { id, parent: None, policy: Policy::default() });
/// tell(0, Event::Ready { id, incarnation: 1 });
/// let said = tell(9, Event::Exited { id, incarnation: 1, reason: ExitReason::Code(1) });
/// assert_eq!(said.last(), Some(&Action::Start { id, incarnation: 2 })); // it had been well: at once
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A worker is to be supervised. Ignored where something has this id.
    ///
    /// Without a parent, or under a group or pool that is up, it is started at once. Under a group that has not begun to come
    /// up it is declared, and comes up with it, in the order of declaration; under one that is coming up it takes its turn.
    /// Under one that ends or waits, or where nothing has the parent's id, it is [`Removed`](Action::Removed) at once.
    Add {
        /// The child.
        id: ActorId,
        /// Its group or pool, if it has one.
        parent: Option<ActorId>,
        /// How it is supervised.
        policy: Policy,
    },
    /// A group of a supervisor is to be supervised; as [`Add`](Self::Add).
    ///
    /// Without a parent, or under a group that has begun to come up, it waits for [`Launch`](Self::Launch), so that its
    /// children can be declared before.
    AddGroup {
        /// The child.
        id: ActorId,
        /// Its group, if it has one.
        parent: Option<ActorId>,
        /// How it is itself supervised: by its parent.
        policy: Policy,
        /// How it supervises its children.
        group: GroupPolicy,
    },
    /// A pool of a monitor is to be supervised; as [`Add`](Self::Add). It asks for its workers ([`Action::Hire`]) when it comes
    /// up.
    AddPool {
        /// The child.
        id: ActorId,
        /// Its group, if it has one.
        parent: Option<ActorId>,
        /// How it is itself supervised: by its parent.
        policy: Policy,
        /// How it supervises its workers.
        pool: PoolPolicy,
    },
    /// All that is to be declared under a group is: it comes up, now or when its parent does.
    Launch {
        /// The group.
        id: ActorId,
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
    /// An incarnation said what it has used. No sign of life.
    Usage {
        /// The child.
        id: ActorId,
        /// Which of its lives.
        incarnation: Incarnation,
        /// How many messages it has handled.
        messages: u64,
        /// How many bytes of memory it uses.
        memory: u64,
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
    /// Someone asks that it stop, for good. A child of a group is kept, and can be started again ([`Restart`](Self::Restart)).
    Stop {
        /// The child.
        id: ActorId,
    },
    /// Someone asks that it be killed, for good; as [`Stop`](Self::Stop). Of a group, everything under it at once.
    Kill {
        /// The child.
        id: ActorId,
    },
    /// Its failures are to be forgotten, and it is to start at once if it waits or is parked. Of a group, that holds for
    /// everything that is parked under it, too.
    Reset {
        /// The child.
        id: ActorId,
    },
    /// A child of a group that is [`Down`](super::Phase::Down) is to be started again, with its failures forgotten. If it ends
    /// before it is ready it is down again.
    Restart {
        /// The child.
        id: ActorId,
    },
    /// A child that is [`Down`](super::Phase::Down) or parked is to be forgotten.
    Delete {
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
    /// A pool is to have so many workers, at least one.
    Scale {
        /// The pool.
        id: ActorId,
        /// How many.
        workers: u32,
    },
    /// A worker of a pool is to be replaced, its successor first.
    Recycle {
        /// The worker.
        id: ActorId,
    },
    /// A worker outside pools is to end and to be started afresh, which counts as no failure. Ignored unless it is ready.
    Renew {
        /// The worker.
        id: ActorId,
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
    /// Start an incarnation. Of workers only: a group comes up by its children.
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
    /// Send an incarnation nothing more, and ask it to stop when it has done what it accepted.
    Drain {
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
    /// Make a worker for a pool, and answer with one [`Event::Add`] under it. Several are answered in their order.
    Hire {
        /// The pool.
        pool: ActorId,
        /// The worker that it is to replace, if it is to replace one.
        replaces: Option<ActorId>,
    },
    /// Tell the world: a group or pool is up, each of its children was ready.
    Up {
        /// The group or pool.
        id: ActorId,
    },
    /// Tell the world: an incarnation ended, and the next starts after the delay.
    ///
    /// Later, where siblings have to stop before, or take their turn.
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
    /// Tell the world: a child of a group was stopped on request, or ended and is not of a type that is started again. It is kept.
    Down {
        /// The child.
        id: ActorId,
        /// Why its last incarnation ended.
        reason: ExitReason,
    },
    /// Tell the world: the children of a group or pool failed too often. It stops them and ends, and its parent judges it.
    GaveUp {
        /// The group or pool.
        id: ActorId,
        /// How often it had restarted a child since it came up.
        restarts: u32,
        /// Why the last of them ended.
        reason: ExitReason,
    },
    /// Tell the world: a worker of a pool is gone, and its successor has its place.
    Replaced {
        /// The worker that was replaced.
        old: ActorId,
        /// Its successor.
        new: ActorId,
        /// Why it was.
        why: Due,
    },
    /// Tell the world: what was to take the place of an incarnation that is well did not become ready.
    ///
    /// A worker of a pool stays, and its replacement is tried again later; of a [renewed](Event::Renew) worker the next
    /// incarnation is started.
    Refused {
        /// The worker that was to be replaced or renewed.
        id: ActorId,
        /// Why its successor, or its renewed incarnation, ended.
        reason: ExitReason,
    },
    /// Tell the world: it is gone for good, and so is all that was known of it.
    Removed {
        /// The child.
        id: ActorId,
        /// Why its last incarnation ended.
        reason: ExitReason,
    },
}
