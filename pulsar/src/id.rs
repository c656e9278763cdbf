//! Vocabulary: who an actor is, where it runs, what state it is in. Owns no behaviour and knows nothing above it.

mod map;

use std::fmt;

pub(crate) use map::{IdMap, Mixed};
use serde::{Deserialize, Serialize};

/// The identity of an actor, unique in one run of a program and kept through its restarts.
///
/// The upper half is the number of the process that keeps the actor's address (0 is the master), the
/// lower half a serial within it, so that a message finds its way without a central registry.
///
/// ```
/// use pulsar::ActorId;
/// assert_eq!(ActorId::ARBITER.to_string(), "0.0");
/// assert_eq!("3.17".parse::<ActorId>().unwrap().to_string(), "3.17");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ActorId(u64);

impl ActorId {
    /// The arbiter of the program.
    ///
    /// As a sender it also stands for whatever is no actor.
    pub const ARBITER: Self = Self(0);

    pub(crate) const fn new(home: u32, serial: u32) -> Self {
        Self(((home as u64) << 32) | serial as u64)
    }

    pub(crate) const fn from_raw(raw: u64) -> Self {
        Self(raw)
    }

    pub(crate) const fn raw(self) -> u64 {
        self.0
    }

    /// The number of the process that keeps this actor's address: 0 for the master.
    pub(crate) const fn home(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.home(), self.0 as u32)
    }
}

impl fmt::Debug for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not `HOME.SERIAL`, two numbers with a point between them.
///
/// ```
/// assert!("seven".parse::<pulsar::ActorId>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseActorIdError;

impl fmt::Display for ParseActorIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an actor id is two numbers with a point between them, such as `0.7`")
    }
}

impl std::error::Error for ParseActorIdError {}

impl std::str::FromStr for ActorId {
    type Err = ParseActorIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (home, serial) = text.split_once('.').ok_or(ParseActorIdError)?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| ParseActorIdError);
        Ok(Self::new(number(home)?, number(serial)?))
    }
}

/// Counts the lives of one actor: 1 for its first, one more at each restart.
///
/// ```
/// let first: pulsar::Incarnation = 1;
/// ```
pub type Incarnation = u32;

/// Where an actor runs.
///
/// ```
/// use pulsar::Kind;
/// assert_eq!("thread".parse::<Kind>().unwrap(), Kind::Thread);
/// assert_eq!(Kind::default().to_string(), "process");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// Its own operating system process: the default, and the only kind that contains a fault of the whole process.
    #[default]
    Process,
    /// Its own thread of the master process.
    Thread,
    /// A task on the loop of whoever spawned it; of a tree, on a loop of the master.
    Task,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Process => "process",
            Self::Thread => "thread",
            Self::Task => "task",
        })
    }
}

/// The text names no [`Kind`].
///
/// ```
/// let error = "fiber".parse::<pulsar::Kind>().unwrap_err();
/// assert_eq!(error.to_string(), "`fiber` is no kind of actor: write `process`, `thread` or `task`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseKindError(String);

impl fmt::Display for ParseKindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no kind of actor: write `process`, `thread` or `task`", self.0)
    }
}

impl std::error::Error for ParseKindError {}

impl std::str::FromStr for Kind {
    type Err = ParseKindError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "process" => Ok(Self::Process),
            "thread" => Ok(Self::Thread),
            "task" => Ok(Self::Task),
            other => Err(ParseKindError(other.into())),
        }
    }
}

/// The state of an actor, as `info` shows it.
///
/// ```
/// assert_eq!(pulsar::State::Running.to_string(), "running");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum State {
    /// Asked for, not yet begun.
    Initial,
    /// Its place is being made and its `start` hook runs.
    Starting,
    /// It has notified its manager and handles messages.
    Running,
    /// It was told to stop and finishes what it began.
    Stopping,
    /// It has ended, or was stopped, and is not started again by itself.
    Closed,
    /// It was restarted too often, and waits for a reset.
    Parked,
    /// It had to be killed.
    Terminated,
}

impl State {
    /// Whether there is an incarnation that may run.
    pub(crate) fn is_live(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Stopping)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Initial => "initial",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Closed => "closed",
            Self::Parked => "parked",
            Self::Terminated => "terminated",
        })
    }
}
