//! What an attribute or a builder may say of an actor, and the defaults.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::Kind;
pub use crate::supervise::Restart;
use crate::supervise::{Backoff, Policy};

/// The shortest silence that an actor may be held to.
pub(crate) const MIN_TIMEOUT: Duration = Duration::from_millis(100);

/// What `#[actor(..)]` says, as a constant. Written by the macro.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    kind: Kind,
    name: Option<&'static str>,
    mailbox: u32,
    timeout: Duration,
    start_timeout: Duration,
    shutdown: Duration,
    restart: Restart,
    backoff: (Duration, Duration),
    limits: Limits,
}

/// The limits of a process actor.
///
/// ```
/// assert_eq!(pulsar::Limits::default().memory, None);
/// ```
///
/// They are set in the child, before the specification is decoded, and never above what the master itself may. A limit
/// on an actor that is no process fails the spawn.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// #[actor(memory = "512MiB", nofile = 256, nice = 10)]
/// struct Renderer {}
/// # #[actor] impl Renderer {}
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Limits {
    /// The most data memory, in bytes (`RLIMIT_DATA`); an allocation beyond it fails, which aborts the process.
    pub memory: Option<u64>,
    /// The most open files (`RLIMIT_NOFILE`).
    pub nofile: Option<u64>,
    /// The scheduling priority, from -20 to 19.
    pub nice: Option<i32>,
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

impl Options {
    /// The defaults: a process, 1,024 messages, 30 s, 30 s, 5 s, permanent, 100 ms to 30 s.
    pub const fn new() -> Self {
        Self {
            kind: Kind::Process,
            name: None,
            mailbox: 1024,
            timeout: Duration::from_secs(30),
            start_timeout: Duration::from_secs(30),
            shutdown: Duration::from_secs(5),
            restart: Restart::Permanent,
            backoff: (Duration::from_millis(100), Duration::from_secs(30)),
            limits: Limits { memory: None, nofile: None, nice: None },
        }
    }

    /// Where it runs.
    pub const fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// Its name.
    pub const fn name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// How many messages may wait.
    pub const fn mailbox(mut self, messages: u32) -> Self {
        self.mailbox = messages;
        self
    }

    /// How long it may be silent.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long it may take to become ready.
    pub const fn start_timeout(mut self, timeout: Duration) -> Self {
        self.start_timeout = timeout;
        self
    }

    /// How long it may take to stop.
    pub const fn shutdown(mut self, shutdown: Duration) -> Self {
        self.shutdown = shutdown;
        self
    }

    /// When it is restarted.
    pub const fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// How long it waits before a restart.
    pub const fn backoff(mut self, min: Duration, max: Duration) -> Self {
        self.backoff = (min, max);
        self
    }

    /// The most data memory, in bytes.
    pub const fn memory(mut self, bytes: u64) -> Self {
        self.limits.memory = Some(bytes);
        self
    }

    /// The most open files.
    pub const fn nofile(mut self, files: u64) -> Self {
        self.limits.nofile = Some(files);
        self
    }

    /// The scheduling priority.
    pub const fn nice(mut self, nice: i32) -> Self {
        self.limits.nice = Some(nice);
        self
    }
}

/// How one actor is to be made: what its attribute says, changed by whoever spawns it and by its `on_params` hook.
///
/// ```
/// use pulsar::prelude::*;
///
/// #[actor(thread)]
/// struct Cache {}
///
/// #[actor]
/// impl Cache {
///     #[hook]
///     fn on_params(params: &mut Params) {
///         params.extra.insert("region".into(), "eu".into());
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Params {
    /// Where it runs. Default: a process of its own.
    pub kind: Kind,
    /// The name it registers, unique in the program. Default: none.
    pub name: Option<String>,
    /// How many messages may wait in its mailbox. Default: 1,024.
    pub mailbox: u32,
    /// How long it may be silent before it is taken for hung. Default: 30 s.
    pub timeout: Duration,
    /// How long it may take to become ready. Default: 30 s.
    pub start_timeout: Duration,
    /// How long it may take to stop before it is killed. Default: 5 s.
    pub shutdown: Duration,
    /// When it is restarted. Default: always, unless it was stopped on request.
    pub restart: Restart,
    /// The shortest and the longest wait before a restart. Default: 100 ms and 30 s.
    pub backoff: (Duration, Duration),
    /// How many restarts within how long, before it is parked. Default: 5 in 30 s; `None` for no limit. (OTP's intensity
    /// and period, for each actor by itself.)
    pub intensity: Option<(u32, Duration)>,
    /// The limits of a process actor. Default: those of the master.
    pub limits: Limits,
    /// Whatever else the actor is to find in its context ([`Context::extra`](crate::Context::extra)).
    pub extra: BTreeMap<String, String>,
}

impl From<&Options> for Params {
    fn from(options: &Options) -> Self {
        Self {
            kind: options.kind,
            name: options.name.map(Into::into),
            mailbox: options.mailbox,
            timeout: options.timeout,
            start_timeout: options.start_timeout,
            shutdown: options.shutdown,
            restart: options.restart,
            backoff: options.backoff,
            intensity: Some((5, Duration::from_secs(30))),
            limits: options.limits,
            extra: BTreeMap::new(),
        }
    }
}

impl Params {
    /// What of it the supervisor goes by.
    pub(crate) fn policy(&self) -> Policy {
        Policy {
            restart: self.restart,
            backoff: Backoff::new(self.backoff.0, self.backoff.1),
            intensity: self.intensity.map(|(restarts, within)| crate::supervise::Intensity { restarts, within }),
            start_timeout: self.start_timeout,
            shutdown: self.shutdown,
            timeout: self.timeout,
            ..Policy::default()
        }
    }

    /// How often the actor notifies its manager: a third of `timeout`, kept between 3 and 60 s.
    ///
    /// With a `timeout` below 9 s that would be too late, so it is a third of it whatever that is.
    pub(crate) fn heartbeat(timeout: Duration) -> Duration {
        let third = timeout / 3;
        if timeout < Duration::from_secs(9) {
            third
        } else {
            third.clamp(Duration::from_secs(3), Duration::from_secs(60))
        }
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        if self.mailbox == 0 {
            return Err("`mailbox` must be at least 1".into());
        }
        if self.backoff.0 > self.backoff.1 {
            return Err("`backoff` must not begin above its end".into());
        }
        if self.timeout < MIN_TIMEOUT {
            return Err(format!("`timeout` must be at least {MIN_TIMEOUT:?}"));
        }
        if self.limits != Limits::default() && self.kind != Kind::Process {
            return Err(format!(
                "`memory`, `nofile` and `nice` are limits of a process: a {} has none of its own",
                self.kind
            ));
        }
        if let Some(name) = &self.name {
            let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
            if name.is_empty() || !name.chars().all(fits) {
                return Err(format!("`{name}` is no name: letters, digits, `_`, `.` and `-` make one"));
            }
        }
        Ok(())
    }
}
