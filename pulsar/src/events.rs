//! What happens in the supervision tree, as it happens: events, and how to hear them.

use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tracing::Level;

use crate::actor::AnyActor;
use crate::command::{BuiltIn, Internal, Verb};
use crate::duration;
use crate::error::{AskError, Failure};
use crate::exit::ExitReason;
use crate::id::{ActorId, Incarnation};
use crate::node::node;
use crate::plural::count;
use crate::proxy::Proxy;
use crate::request::LONG;
use crate::supervise::Due;

/// Something that happened in the supervision tree. It displays as a line of a log.
///
/// The arbiter keeps the last 1,024 for whoever [listens](events), and logs each: to the program's `tracing` subscriber with
/// target `pulsar::supervisor` and the fields `actor`, `id`, `incarnation`, `change` (the name of the [`Change`]), and where
/// they mean something `reason`, `delay_ms`, `restarts` and `pid`. A program without a subscriber hears of warnings and errors on
/// standard error.
///
/// ```no_run
/// # async fn doc() -> pulsar::Result<()> {
/// let mut events = pulsar::events();
/// while let Ok(event) = events.next().await {
///     println!("{event}");
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TreeEvent {
    /// Counts the events of a program, from 1.
    pub sequence: u64,
    /// When it happened, by the wall clock; nothing is decided by it.
    pub at: SystemTime,
    /// Whom it happened to: its name in the tree.
    pub actor: String,
    /// Its identity.
    pub id: ActorId,
    /// Which of its lives.
    pub incarnation: Incarnation,
    /// What happened.
    pub change: Change,
}

/// What happened to a node of the supervision tree.
///
/// ```
/// use pulsar::{Change, ExitReason};
/// let change = Change::Exited { reason: ExitReason::Hung };
/// assert_eq!(change.name(), "exited");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Change {
    /// An incarnation was begun.
    Started {
        /// Its process, where it has one of its own.
        pid: Option<u32>,
    },
    /// It is ready: of an actor, its handshake has come; of a supervisor or a pool, all its children are ready.
    Ready,
    /// An incarnation ended.
    Exited {
        /// Why.
        reason: ExitReason,
    },
    /// The next incarnation starts after this delay.
    Restarting {
        /// Why the one before ended.
        reason: ExitReason,
        /// The delay, from then on.
        delay: Duration,
        /// How often it has been restarted, with this one.
        restarts: u32,
    },
    /// It was restarted too often, and waits for a reset.
    Parked {
        /// Why its last incarnation ended.
        reason: ExitReason,
        /// How often it was restarted.
        restarts: u32,
    },
    /// A supervisor or a pool has spent its restarts: it ends, and whoever is above it judges that.
    GaveUp {
        /// Why the last child that ended did so.
        reason: ExitReason,
        /// How many restarts there were.
        restarts: u32,
    },
    /// It is down, and not started again before it is told to be.
    Stopped {
        /// Why it ended.
        reason: ExitReason,
    },
    /// It is gone for good.
    Gone {
        /// Why it ended.
        reason: ExitReason,
    },
    /// A pool is to have another number of workers.
    Scaled {
        /// How many it was to have.
        from: u32,
        /// How many it is to have.
        to: u32,
    },
    /// A worker was replaced by another that was ready before it ended.
    Replaced {
        /// The other.
        by: ActorId,
        /// The other's name.
        name: String,
        /// Why it was.
        why: Due,
    },
    /// What was to replace it did not become ready; it stays, or what it ran before is started again.
    Refused {
        /// Why.
        reason: ExitReason,
    },
    /// Its thread did not come back when it was told to end. It goes on without being an actor any more.
    LeftBehind,
    /// A task actor blocks its loop. A task cannot be killed: what waits for it fails, and it begins again when the loop
    /// comes round.
    Blocked,
    /// The process actors are being replaced by fresh ones, from the binary that is on disk now.
    Reloading,
    /// That is done.
    Reloaded {
        /// How many were replaced.
        replaced: u32,
        /// Why it was broken off and undone, if it was.
        refused: Option<String>,
    },
    /// Whoever writes files of a log is to open them anew (signal USR1).
    Reopen,
    /// Events were missed by this listener: it was too slow.
    Missed {
        /// How many.
        count: u64,
    },
}

impl Change {
    /// Its name, as a log has it.
    ///
    /// ```
    /// assert_eq!(pulsar::Change::Ready.name(), "ready");
    /// ```
    pub fn name(&self) -> &'static str {
        match self {
            Self::Started { .. } => "started",
            Self::Ready => "ready",
            Self::Exited { .. } => "exited",
            Self::Restarting { .. } => "restarting",
            Self::Parked { .. } => "parked",
            Self::GaveUp { .. } => "gave up",
            Self::Stopped { .. } => "stopped",
            Self::Gone { .. } => "gone",
            Self::Scaled { .. } => "scaled",
            Self::Replaced { .. } => "replaced",
            Self::Refused { .. } => "refused",
            Self::LeftBehind => "left behind",
            Self::Blocked => "blocked",
            Self::Reloading => "reloading",
            Self::Reloaded { .. } => "reloaded",
            Self::Reopen => "reopen",
            Self::Missed { .. } => "missed",
        }
    }

    /// How loudly it is to be logged.
    pub(crate) fn level(&self) -> Level {
        match self {
            Self::Parked { .. } | Self::GaveUp { .. } => Level::ERROR,
            Self::Restarting { .. } | Self::Refused { .. } | Self::LeftBehind | Self::Blocked | Self::Missed { .. } => {
                Level::WARN
            }
            Self::Reloaded { refused: Some(_), .. } => Level::ERROR,
            Self::Scaled { .. } | Self::Replaced { .. } | Self::Reloading | Self::Reloaded { .. } | Self::Reopen => {
                Level::INFO
            }
            Self::Started { .. } | Self::Ready | Self::Exited { .. } | Self::Stopped { .. } | Self::Gone { .. } => {
                Level::DEBUG
            }
        }
    }

    pub(crate) fn reason(&self) -> Option<&ExitReason> {
        match self {
            Self::Exited { reason }
            | Self::Restarting { reason, .. }
            | Self::Parked { reason, .. }
            | Self::GaveUp { reason, .. }
            | Self::Stopped { reason }
            | Self::Gone { reason }
            | Self::Refused { reason } => Some(reason),
            _ => None,
        }
    }

    pub(crate) fn restarts(&self) -> Option<u32> {
        match self {
            Self::Restarting { restarts, .. } | Self::Parked { restarts, .. } | Self::GaveUp { restarts, .. } => {
                Some(*restarts)
            }
            _ => None,
        }
    }
}

impl fmt::Display for TreeEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { actor, incarnation, change, .. } = self;
        match change {
            Change::Started { pid: Some(pid) } => write!(f, "{actor} is started: incarnation {incarnation}, pid {pid}"),
            Change::Started { pid: None } => write!(f, "{actor} is started: incarnation {incarnation}"),
            Change::Ready => write!(f, "{actor} is ready"),
            Change::Exited { reason } => write!(f, "incarnation {incarnation} of {actor} ended: it {reason}"),
            Change::Restarting { delay, restarts, .. } => {
                // Why the one before ended, its own report has said.
                write!(f, "{actor} is started again {}: restart {restarts}", duration::until_then(*delay))
            }
            Change::Parked { reason, restarts } => {
                let restarts = count(*restarts, "restart");
                write!(f, "gave up {actor} after {restarts}: it {reason}; parked until it is reset")
            }
            Change::GaveUp { reason, restarts } => {
                let restarts = count(*restarts, "restart");
                write!(f, "{actor} gave up after {restarts}: the last to end {reason}")
            }
            Change::Stopped { reason } => write!(f, "{actor} is down: it {reason}"),
            Change::Gone { reason } => write!(f, "{actor} is gone: it {reason}"),
            Change::Scaled { from, to } => {
                write!(f, "{actor} is to have {} instead of {from}", count(*to, "worker"))
            }
            Change::Replaced { name, why, .. } => write!(f, "{actor} was replaced by {name}: {why}"),
            Change::Refused { reason } => write!(f, "{actor} is not replaced: its successor {reason}"),
            Change::LeftBehind => {
                write!(f, "the thread of {actor} did not end in time: a thread cannot be killed, so it is left behind")
            }
            Change::Blocked => {
                write!(
                    f,
                    "{actor} blocks its loop: a task cannot be killed, so what waits for it fails until it comes back"
                )
            }
            Change::Reloading => write!(f, "{actor} replaces the process actors"),
            Change::Reloaded { replaced, refused: None } => {
                write!(f, "{actor} has replaced {}", count(*replaced, "process actor"))
            }
            Change::Reloaded { refused: Some(why), .. } => {
                write!(f, "{actor} has undone the replacement of process actors: {why}")
            }
            Change::Reopen => write!(f, "{actor} was told to reopen the files of its log"),
            Change::Missed { count: 1 } => f.write_str("1 event was missed: the listener is too slow"),
            Change::Missed { count } => write!(f, "{count} events were missed: the listener is too slow"),
        }
    }
}

/// What a listener is given at once.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Heard {
    /// Those after what was asked for, as far as they are kept.
    pub(crate) events: Vec<TreeEvent>,
    /// The sequence to ask after next.
    pub(crate) next: u64,
    /// How many were no longer kept.
    pub(crate) missed: u64,
}

/// The events of the supervision tree. Any process of the program may listen; nothing is heard before the listener has begun,
/// with [`listen`](Events::listen) or the first [`next`](Events::next).
///
/// ```no_run
/// # async fn doc() -> pulsar::Result<()> {
/// let mut events = pulsar::events();
/// let first = events.next().await?;
/// # Ok(()) }
/// ```
pub fn events() -> Events {
    Events { after: None, ready: VecDeque::new() }
}

/// A listener of the supervision tree, made by [`events`].
///
/// ```no_run
/// # async fn doc() -> pulsar::Result<()> {
/// use pulsar::Change;
///
/// let mut events = pulsar::events();
/// loop {
///     let event = events.next().await?;
///     if let Change::Restarting { restarts, .. } = event.change {
///         println!("{} was restarted {restarts} times", event.actor);
///     }
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Events {
    after: Option<u64>,
    ready: VecDeque<TreeEvent>,
}

impl Events {
    /// Begins to listen: resolves when nothing that happens from now on will be missed. Without it, the first
    /// [`next`](Self::next) begins.
    ///
    /// # Errors
    ///
    /// [`AskError`]: there is no arbiter.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it resolved, it has not begun; listen again.
    ///
    /// ```no_run
    /// # async fn doc() -> pulsar::Result<()> {
    /// let mut events = pulsar::events();
    /// events.listen().await?;
    /// # Ok(()) }
    /// ```
    pub async fn listen(&mut self) -> Result<(), AskError> {
        if self.after.is_none() {
            let heard = ask(None).await?;
            self.after = Some(heard.next);
        }
        Ok(())
    }

    /// The next event; waits until there is one. A listener that falls more than 1,024 events behind is told how many it
    /// [missed](Change::Missed).
    ///
    /// # Errors
    ///
    /// [`AskError`]: there is no arbiter (any more).
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: what has happened meanwhile is told by the next call.
    ///
    /// ```no_run
    /// # async fn doc() -> pulsar::Result<()> {
    /// println!("{}", pulsar::events().next().await?);
    /// # Ok(()) }
    /// ```
    pub async fn next(&mut self) -> Result<TreeEvent, AskError> {
        self.listen().await?;
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(event);
            }
            match ask(self.after).await {
                Ok(Heard { events, next, missed }) => {
                    self.after = Some(next);
                    if missed > 0 {
                        self.ready.push_back(TreeEvent {
                            sequence: next.saturating_sub(events.len() as u64),
                            at: SystemTime::now(),
                            actor: "arbiter".into(),
                            id: ActorId::ARBITER,
                            incarnation: 1,
                            change: Change::Missed { count: missed },
                        });
                    }
                    self.ready.extend(events);
                }
                Err(AskError::Timeout { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

async fn ask(after: Option<u64>) -> Result<Heard, AskError> {
    let Some(node) = node() else { return Err(Failure::NotRunning) };
    let arbiter = Proxy::<AnyActor>::from_address(node.arbiter().clone());
    arbiter.built_in(BuiltIn::<Heard>::new(Verb::Internal(Internal::Events { after }))).timeout(LONG).await
}
