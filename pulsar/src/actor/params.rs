//! What an attribute or a builder may say of an actor, and the defaults.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::Kind;
pub use crate::supervise::Restart;
use crate::supervise::{Backoff, GiveUp, Policy, Recycle};

/// The most workers of one pool.
const MAX_WORKERS: u32 = 4096;

/// The longest name, in bytes.
pub(crate) const MAX_NAME: usize = 128;

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
    /// The most memory, in bytes. An allocation of data memory beyond it (`RLIMIT_DATA`) fails, which aborts the process; and
    /// who is found above it at a heartbeat, shared memory included, is killed. Either is
    /// [`ExitReason::OutOfMemory`](crate::ExitReason::OutOfMemory).
    pub memory: Option<u64>,
    /// The most open files (`RLIMIT_NOFILE`).
    pub nofile: Option<u64>,
    /// The scheduling priority, from -20 to 19.
    pub nice: Option<i32>,
}

/// What becomes of what a process actor writes to its standard output and standard error.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # #[actor] struct Editor {}
/// # #[actor] impl Editor {}
/// # async fn doc() -> Result<()> {
/// // It draws on the terminal itself.
/// Editor::new().with(|params| params.output = pulsar::Output::Inherit).spawn().await?;
/// # Ok(()) }
/// ```
///
/// Thread and task actors write where their process writes, whatever is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Output {
    /// The default: the arbiter reads it through pipes and passes each line on as `name | line`, to the master's own standard
    /// output or standard error. A line of more than 8 KiB is cut into pieces. Where the master's output takes nothing, 1 MiB
    /// waits, then the actors are held up for up to 5 s, then lines are dropped and their number is said. The last 64 KiB of
    /// standard error are kept for the [`CrashReport`](crate::CrashReport).
    #[default]
    Lines,
    /// It writes to the master's, unseen by the arbiter: what draws on a terminal, or writes a great deal.
    Inherit,
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

/// How a pool chooses the worker for a command.
///
/// ```
/// assert_eq!(pulsar::Routing::default(), pulsar::Routing::LeastInFlight);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Routing {
    /// The one that has the fewest messages of this process before it; in turn, where several have.
    #[default]
    LeastInFlight,
    /// Each in turn.
    RoundRobin,
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
    /// The name it registers, unique in the program: up to 128 letters, digits, `_`, `.` and `-`. Default: none.
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
    /// How many like it there are to be, in a pool run by a monitor. Default: `None`, one actor by itself.
    pub workers: Option<u32>,
    /// How a pool chooses the worker for a command. Default: the one with the least in flight.
    pub routing: Routing,
    /// When a worker of a pool is replaced by a fresh one. Default: never.
    pub recycle: Recycle,
    /// What happens when its restarts are spent. Default: under a supervisor it escalates, by itself it is parked.
    pub on_give_up: Option<GiveUp>,
    /// Whether its end counts for the automatic shutdown of its supervisor. Default: no.
    pub significant: bool,
    /// What becomes of what a process actor prints. Default: each line goes to the master's output behind the actor's name.
    pub output: Output,
    /// Whatever else the actor is to find in its context ([`Context::extra`](crate::Context::extra)).
    pub extra: BTreeMap<String, String>,
    /// The descriptors that it is handed as it starts, as the master calls them (`handed`).
    pub(crate) handed: Vec<u64>,
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
            workers: None,
            routing: Routing::default(),
            recycle: Recycle::default(),
            on_give_up: None,
            significant: false,
            output: Output::Lines,
            extra: BTreeMap::new(),
            handed: Vec::new(),
        }
    }
}

impl Params {
    /// What of it the supervisor goes by; of an actor by itself, unless `on_give_up` says otherwise, that is to park it.
    pub(crate) fn policy(&self) -> Policy {
        Policy {
            restart: self.restart,
            backoff: Backoff::new(self.backoff.0, self.backoff.1),
            intensity: self.intensity.map(|(restarts, within)| crate::supervise::Intensity { restarts, within }),
            start_timeout: self.start_timeout,
            shutdown: self.shutdown,
            timeout: self.timeout,
            give_up: self.on_give_up.unwrap_or(GiveUp::Park),
            significant: self.significant,
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

    fn check_pool(&self) -> Result<(), String> {
        match self.workers {
            Some(0) => Err("`workers` must be at least 1".into()),
            Some(workers) if workers > MAX_WORKERS => Err(format!("`workers` must be at most {MAX_WORKERS}")),
            Some(_) if self.restart != Restart::Permanent => {
                Err("the workers of a pool are permanent: it replaces whatever ends".into())
            }
            Some(_) if self.recycle.is_spent_at_once() => {
                Err("`max_messages`, `max_age` and `max_memory` must be more than nothing".into())
            }
            Some(_) => Ok(()),
            None if self.recycle != Recycle::default() => Err(
                "`max_messages`, `max_age` and `max_memory` need `workers`: a successor is ready before a worker ends"
                    .into(),
            ),
            None => Ok(()),
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
        self.check_pool()?;
        self.name.as_deref().map_or(Ok(()), check_name)
    }
}

/// Whether an actor, or a supervisor, can have this name.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(fits) {
        let shown: String = name.chars().take(MAX_NAME).collect();
        return Err(format!("`{shown}` is no name: up to {MAX_NAME} letters, digits, `_`, `.` and `-` make one"));
    }
    Ok(())
}
