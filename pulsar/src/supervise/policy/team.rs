//! How groups and pools are supervised, as their owners say it. Owns the defaults and no behaviour.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::supervise::Intensity;

/// Which children of a group are started again when one of them failed.
///
/// The strategies are OTP's.
///
/// ```
/// use pulsar::supervise::Strategy;
/// assert_eq!(Strategy::default().to_string(), "one_for_one");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Strategy {
    /// The one that failed.
    #[default]
    OneForOne,
    /// All of them.
    OneForAll,
    /// The one that failed, and those after it.
    RestForOne,
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::OneForOne => "one_for_one",
            Self::OneForAll => "one_for_all",
            Self::RestForOne => "rest_for_one",
        })
    }
}

/// Whether a group ends when significant children of it have ended by themselves.
///
/// As in OTP: an end by itself is one after which the child is not started again, and that nobody asked for.
///
/// ```
/// use pulsar::supervise::AutoShutdown;
/// assert_eq!(AutoShutdown::AnySignificant.to_string(), "any_significant");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AutoShutdown {
    /// It does not.
    #[default]
    Never,
    /// When the first has ended.
    AnySignificant,
    /// When the last has ended.
    AllSignificant,
}

impl fmt::Display for AutoShutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Never => "never",
            Self::AnySignificant => "any_significant",
            Self::AllSignificant => "all_significant",
        })
    }
}

/// What makes a group of a supervisor: how its children depend on each other.
///
/// ```
/// use pulsar::supervise::{GroupPolicy, Intensity, Strategy};
/// let policy = GroupPolicy { strategy: Strategy::RestForOne, ..GroupPolicy::default() };
/// assert_eq!(policy.intensity, Some(Intensity::default()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupPolicy {
    /// Who is started again when one failed: that one.
    pub strategy: Strategy,
    /// How many restarts of its children are too many, 5 in 30 s; `None` for as many as it takes.
    pub intensity: Option<Intensity>,
    /// Whether it ends when significant children have: no.
    pub auto_shutdown: AutoShutdown,
}

impl Default for GroupPolicy {
    fn default() -> Self {
        Self {
            strategy: Strategy::default(),
            intensity: Some(Intensity::default()),
            auto_shutdown: AutoShutdown::default(),
        }
    }
}

/// What makes a pool of a monitor: how many like workers, and when one is replaced though it is well.
///
/// ```
/// use std::time::Duration;
/// use pulsar::supervise::{Intensity, PoolPolicy};
/// let pool = PoolPolicy { workers: 8, ..PoolPolicy::default() };
/// assert_eq!(pool.limit(), Intensity::new(8, Duration::from_secs(30)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolPolicy {
    /// How many workers are kept: 1, and never fewer.
    pub workers: u32,
    /// How many restarts of its workers are too many; `None` for as many as there are workers, at least 5, in 30 s.
    pub intensity: Option<Intensity>,
    /// When a worker is replaced though it is well: never.
    pub recycle: Recycle,
}

impl PoolPolicy {
    /// How many restarts of its workers are too many, with the number of workers that it has now.
    pub fn limit(&self) -> Intensity {
        self.intensity.unwrap_or_else(|| Intensity::new(self.workers.max(5), Duration::from_secs(30)))
    }
}

impl Default for PoolPolicy {
    fn default() -> Self {
        Self { workers: 1, intensity: None, recycle: Recycle::default() }
    }
}

/// After what a worker of a pool is replaced, its successor first.
///
/// Each incarnation has limits of its own, drawn from 80 to 100 % of these, so that workers that were started together are
/// not replaced together. (gunicorn's `max_requests` with its jitter, which is off there unless it is asked for.)
///
/// ```
/// use pulsar::supervise::Recycle;
/// let recycle = Recycle { messages: Some(10_000), ..Recycle::default() };
/// assert!(recycle.age.is_none() && recycle.memory.is_none());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Recycle {
    /// So many messages handled.
    pub messages: Option<u64>,
    /// So long since it was ready.
    pub age: Option<Duration>,
    /// So many bytes of memory in use.
    pub memory: Option<u64>,
}

/// Why a worker of a pool is replaced although it is well.
///
/// ```
/// use pulsar::supervise::Due;
/// assert_eq!(Due::Age.to_string(), "its age");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Due {
    /// It has handled as many messages as it may.
    Messages,
    /// It has lived for as long as it may.
    Age,
    /// It has used as much memory as it may.
    Memory,
    /// A reload: it is to run the binary that is on disk now.
    Reload,
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Messages => "the messages it has handled",
            Self::Age => "its age",
            Self::Memory => "the memory it uses",
            Self::Reload => "a reload",
        })
    }
}

impl Recycle {
    /// Whether a worker would have reached a limit before it did anything.
    pub(crate) fn is_spent_at_once(&self) -> bool {
        self.messages == Some(0) || self.age == Some(Duration::ZERO) || self.memory == Some(0)
    }
}
