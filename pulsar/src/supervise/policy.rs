//! How a child is supervised, as its owner says it. Owns the defaults and no behaviour.

mod team;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::team::{AutoShutdown, Due, GroupPolicy, PoolPolicy, Recycle, Strategy};
use super::{Backoff, Intensity};
use crate::ExitReason;

/// Whether a child that ended is started again.
///
/// ```
/// use pulsar::ExitReason;
/// use pulsar::supervise::Restart;
/// assert!(Restart::Permanent.follows(&ExitReason::Normal));
/// assert!(!Restart::Transient.follows(&ExitReason::Normal));
/// assert!(Restart::Transient.follows(&ExitReason::Code(1)));
/// assert!(!Restart::Temporary.follows(&ExitReason::Code(1)));
/// assert_eq!(Restart::default().to_string(), "permanent");
/// ```
///
/// The three types, and that a normal exit is judged by them, are those of OTP's supervisors; that an end on request is
/// final is, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Restart {
    /// Always, unless it was stopped on request.
    #[default]
    Permanent,
    /// Only where it did not end normally.
    Transient,
    /// Never.
    Temporary,
}

impl Restart {
    /// Whether a child that ended for this reason is started again.
    ///
    /// One that was stopped on request, or ended with its owner, never is.
    pub fn follows(self, reason: &ExitReason) -> bool {
        match self {
            _ if matches!(reason, ExitReason::Shutdown | ExitReason::OwnerEnded) => false,
            Self::Permanent => true,
            Self::Transient => !reason.is_normal(),
            Self::Temporary => false,
        }
    }
}

impl fmt::Display for Restart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Permanent => "permanent",
            Self::Transient => "transient",
            Self::Temporary => "temporary",
        })
    }
}

/// What becomes of a child whose restarts are spent.
///
/// In OTP a supervisor always gives up upward; the other two are for children that others can do without.
///
/// ```
/// use pulsar::supervise::GiveUp;
/// assert_eq!(GiveUp::default().to_string(), "escalate");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum GiveUp {
    /// Its group gives up, and ends. Its restarts count against the group's intensity, with those of its siblings. A child
    /// without a group is parked.
    #[default]
    Escalate,
    /// It is left alone until it is reset; its siblings go on. Its restarts count against an intensity of its own.
    Park,
    /// It is tried again every [`Backoff::max`], uncounted, until it has been well for 30 s. Its restarts until then count
    /// against an intensity of its own.
    Retry,
}

impl fmt::Display for GiveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Escalate => "escalate",
            Self::Park => "park",
            Self::Retry => "retry",
        })
    }
}

/// How one child is supervised. A time of [`Duration::MAX`] is without end.
///
/// Of a group or a pool the times do not hold (those of its children do); the rest does.
///
/// ```
/// use pulsar::supervise::{Policy, Restart};
///
/// let policy = Policy { restart: Restart::Transient, intensity: None, ..Policy::default() };
/// assert_eq!(policy.shutdown.as_secs(), 5);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Whether it is started again.
    pub restart: Restart,
    /// How long a restart waits.
    pub backoff: Backoff,
    /// How many restarts are too many; `None` for as many as it takes. Of a child in a group that escalates, the group's
    /// holds instead.
    pub intensity: Option<Intensity>,
    /// What becomes of it when they are spent: its group gives up.
    pub give_up: GiveUp,
    /// Whether its end by itself may end its group, as the group's [`AutoShutdown`] says: no.
    pub significant: bool,
    /// How long a start may take until it is ready: 30 s.
    pub start_timeout: Duration,
    /// How long a stop may take until it is killed: 5 s, as an OTP worker's. It is told to terminate after four fifths of it.
    pub shutdown: Duration,
    /// How long it may be silent: 30 s, as a gunicorn worker. Then it is aborted, and killed if that does not end it, as
    /// systemd's watchdog and gunicorn's arbiter do.
    pub timeout: Duration,
    /// How long a silent child has between being aborted and being killed: 1 s.
    pub abort_grace: Duration,
}

impl Policy {
    /// The defaults.
    ///
    /// ```
    /// use pulsar::supervise::Policy;
    /// const POLICY: Policy = Policy::new();
    /// assert_eq!(POLICY.timeout.as_secs(), 30);
    /// ```
    pub const fn new() -> Self {
        Self {
            restart: Restart::Permanent,
            backoff: Backoff::new(Duration::from_millis(100), Duration::from_secs(30)),
            intensity: Some(Intensity::new(5, Duration::from_secs(30))),
            give_up: GiveUp::Escalate,
            significant: false,
            start_timeout: Duration::from_secs(30),
            shutdown: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            abort_grace: Duration::from_secs(1),
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new()
    }
}
