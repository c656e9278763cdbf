//! What `#[supervisor(..)]` and `#[child(..)]` say, as values. Written by the macros.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::actor::{MAX_NAME, Params, Restart, Routing, check_name};
use crate::id::Kind;
use crate::supervise::{AutoShutdown, Backoff, GiveUp, GroupPolicy, Intensity, Policy, Strategy};

/// How many restarts a root may have, within [`WITHIN`], unless it says otherwise.
const ROOT_RESTARTS: u32 = 3;

/// How many restarts another supervisor may have.
const RESTARTS: u32 = 5;

/// The time in which they are counted.
const WITHIN: Duration = Duration::from_secs(30);

/// What a supervisor is told about itself.
#[doc(hidden)]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupervisorOptions {
    pub(crate) name: Option<String>,
    /// What it is called where it has no name.
    pub(crate) label: Option<String>,
    strategy: Strategy,
    restarts: Option<u32>,
    within: Option<Duration>,
    auto_shutdown: AutoShutdown,
    restart: Restart,
    backoff: Option<(Duration, Duration)>,
    on_give_up: Option<GiveUp>,
    significant: bool,
}

impl SupervisorOptions {
    /// One for one, 5 restarts (a root: 3) in 30 s, no automatic shutdown, permanent.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the end of one child means for the others.
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// How many restarts its children may have together.
    pub fn restarts(mut self, restarts: u32) -> Self {
        self.restarts = Some(restarts);
        self
    }

    /// The time in which they are counted.
    pub fn within(mut self, within: Duration) -> Self {
        self.within = Some(within);
        self
    }

    /// When it ends by itself.
    pub fn auto_shutdown(mut self, when: AutoShutdown) -> Self {
        self.auto_shutdown = when;
        self
    }

    /// As a child: when it is restarted.
    pub(crate) fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// As a child: how long a restart waits.
    pub(crate) fn backoff(mut self, min: Duration, max: Duration) -> Self {
        self.backoff = Some((min, max));
        self
    }

    /// As a child: what happens when its own restarts are spent.
    pub(crate) fn on_give_up(mut self, give_up: GiveUp) -> Self {
        self.on_give_up = Some(give_up);
        self
    }

    /// As a child: whether its end may end the supervisor above.
    pub(crate) fn significant(mut self) -> Self {
        self.significant = true;
        self
    }

    pub(crate) fn strategy_of(&self) -> Strategy {
        self.strategy
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        self.name.as_deref().map_or(Ok(()), check_name)?;
        let shown = |label: &str| label.len() <= MAX_NAME && !label.contains(char::is_control);
        if !self.label.as_deref().is_none_or(shown) {
            return Err(format!("a supervisor's label has up to {MAX_NAME} bytes that can be shown"));
        }
        if self.within.is_some_and(|within| within.is_zero()) {
            return Err("`within` must be longer than nothing".into());
        }
        if self.backoff.is_some_and(|(min, max)| min > max) {
            return Err("`backoff` must not begin above its end".into());
        }
        Ok(())
    }

    /// How it treats its children.
    pub(crate) fn group(&self, root: bool) -> GroupPolicy {
        let restarts = self.restarts.unwrap_or(if root { ROOT_RESTARTS } else { RESTARTS });
        GroupPolicy {
            strategy: self.strategy,
            intensity: Some(Intensity::new(restarts, self.within.unwrap_or(WITHIN))),
            auto_shutdown: self.auto_shutdown,
        }
    }

    /// How the supervisor above treats it.
    pub(crate) fn policy(&self) -> Policy {
        Policy {
            restart: self.restart,
            backoff: self.backoff.map_or_else(Backoff::default, |(min, max)| Backoff::new(min, max)),
            give_up: self.on_give_up.unwrap_or_default(),
            significant: self.significant,
            ..Policy::default()
        }
    }
}

/// What a supervisor is told about one of its children; nothing is what the child says itself.
#[doc(hidden)]
#[derive(Clone, Debug, Default)]
pub struct ChildOptions {
    kind: Option<Kind>,
    name: Option<String>,
    workers: Option<u32>,
    routing: Option<Routing>,
    mailbox: Option<u32>,
    timeout: Option<Duration>,
    start_timeout: Option<Duration>,
    shutdown: Option<Duration>,
    restart: Option<Restart>,
    backoff: Option<(Duration, Duration)>,
    memory: Option<u64>,
    nofile: Option<u64>,
    nice: Option<i32>,
    on_give_up: Option<GiveUp>,
    significant: bool,
    max_messages: Option<u64>,
    max_age: Option<Duration>,
    max_memory: Option<u64>,
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty),* $(,)?) => {
        impl ChildOptions {
            $($(#[$doc])* pub fn $name(mut self, value: $type) -> Self {
                self.$name = Some(value);
                self
            })*
        }
    };
}

setters! {
    /// Where it runs.
    kind: Kind,
    /// How many workers its pool has.
    workers: u32,
    /// How its pool chooses among them.
    routing: Routing,
    /// How many messages may wait.
    mailbox: u32,
    /// How long it may be silent.
    timeout: Duration,
    /// How long it may take to become ready.
    start_timeout: Duration,
    /// How long it may take to stop.
    shutdown: Duration,
    /// When it is restarted.
    restart: Restart,
    /// The most data memory, in bytes.
    memory: u64,
    /// The most open files.
    nofile: u64,
    /// The scheduling priority.
    nice: i32,
    /// What happens when its restarts are spent.
    on_give_up: GiveUp,
    /// After how many messages a worker is replaced.
    max_messages: u64,
    /// After how long a worker is replaced.
    max_age: Duration,
    /// Above how much resident memory, in bytes, a worker is replaced.
    max_memory: u64,
}

impl ChildOptions {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The name it registers.
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }

    /// How long it waits before a restart.
    pub fn backoff(mut self, min: Duration, max: Duration) -> Self {
        self.backoff = Some((min, max));
        self
    }

    /// Its end may end its supervisor.
    pub fn significant(mut self) -> Self {
        self.significant = true;
        self
    }

    pub(super) fn change_actor(self, params: &mut Params) {
        fn set<T>(place: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *place = value;
            }
        }
        set(&mut params.kind, self.kind);
        set(&mut params.mailbox, self.mailbox);
        set(&mut params.timeout, self.timeout);
        set(&mut params.start_timeout, self.start_timeout);
        set(&mut params.shutdown, self.shutdown);
        set(&mut params.restart, self.restart);
        set(&mut params.backoff, self.backoff);
        set(&mut params.routing, self.routing);
        params.name = self.name.or(params.name.take());
        params.workers = self.workers.or(params.workers);
        params.limits.memory = self.memory.or(params.limits.memory);
        params.limits.nofile = self.nofile.or(params.limits.nofile);
        params.limits.nice = self.nice.or(params.limits.nice);
        params.on_give_up = self.on_give_up.or(params.on_give_up);
        params.significant |= self.significant;
        params.recycle.messages = self.max_messages.or(params.recycle.messages);
        params.recycle.age = self.max_age.or(params.recycle.age);
        params.recycle.memory = self.max_memory.or(params.recycle.memory);
    }

    pub(super) fn change_supervisor(self, options: &mut SupervisorOptions) {
        options.name = self.name.or(options.name.take());
        options.restart = self.restart.unwrap_or(options.restart);
        options.backoff = self.backoff.or(options.backoff);
        options.on_give_up = self.on_give_up.or(options.on_give_up);
        options.significant |= self.significant;
    }
}
