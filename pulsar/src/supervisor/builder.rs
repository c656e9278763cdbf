//! Trees that are built at run time.

use std::time::Duration;

use super::{Branch, ChildOptions, Planted, Supervised, SupervisorExt, SupervisorOptions, SupervisorProxy};
use crate::actor::Restart;
use crate::supervise::{AutoShutdown, GiveUp, Strategy};

/// A supervisor that is put together at run time: the same as a `#[supervisor]` struct, its children by name.
///
/// ```no_run
/// use std::time::Duration;
/// use pulsar::prelude::*;
///
/// # #[actor(thread)] struct Cache {}
/// # #[actor] impl Cache {}
/// # #[actor] struct Api {}
/// # #[actor] impl Api {}
/// # async fn doc() -> Result<()> {
/// let site = Supervisor::new(Strategy::OneForOne)
///     .restarts(5, Duration::from_secs(30))
///     .child("cache", Cache::new())
///     .child("api", Api::new().workers(4))
///     .child("jobs", Supervisor::new(Strategy::RestForOne))
///     .named("site")
///     .spawn()
///     .await?;
/// let api = site.child::<Api>("api").await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "nothing is started before `spawn` or `run`"]
pub struct Supervisor {
    options: SupervisorOptions,
    children: Vec<(String, Branch)>,
}

impl Supervisor {
    /// One with this strategy and no children: 5 restarts (3, if it is the root) in 30 s.
    ///
    /// ```
    /// # use pulsar::prelude::*;
    /// let tree = Supervisor::new(Strategy::OneForAll);
    /// ```
    pub fn new(strategy: Strategy) -> Self {
        Self { options: SupervisorOptions::new().strategy(strategy), children: Vec::new() }
    }

    /// How many restarts its children may have together, within how long; one more and it gives up.
    ///
    /// ```
    /// # use pulsar::prelude::*;
    /// let tree = Supervisor::new(Strategy::OneForOne).restarts(10, std::time::Duration::from_secs(60));
    /// ```
    pub fn restarts(mut self, restarts: u32, within: Duration) -> Self {
        self.options = self.options.restarts(restarts).within(within);
        self
    }

    /// When it ends by itself, as its significant children end: never, unless told otherwise.
    ///
    /// ```
    /// # use pulsar::prelude::*;
    /// let tree = Supervisor::new(Strategy::OneForOne).auto_shutdown(AutoShutdown::AnySignificant);
    /// ```
    pub fn auto_shutdown(mut self, when: AutoShutdown) -> Self {
        self.options = self.options.auto_shutdown(when);
        self
    }

    /// Adds a child, behind those there are. Its name is of letters, digits, `_` and `-`, and its own among them.
    ///
    /// ```
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Api {}
    /// # #[actor] impl Api {}
    /// let tree = Supervisor::new(Strategy::OneForOne).child("api", Api::new().workers(4));
    /// ```
    pub fn child(mut self, name: impl Into<String>, child: impl Supervised) -> Self {
        self.children.push((name.into(), child.into_branch()));
        self
    }

    /// As a child: when it is restarted. Always, unless told otherwise.
    ///
    /// ```
    /// # use pulsar::prelude::*;
    /// let jobs = Supervisor::new(Strategy::OneForOne).restart(Restart::Transient);
    /// ```
    pub fn restart(mut self, restart: Restart) -> Self {
        self.options = self.options.restart(restart);
        self
    }

    /// As a child: how long its restart waits, at first and at most. 100 ms and 30 s.
    ///
    /// ```
    /// # use pulsar::prelude::*;
    /// # use std::time::Duration;
    /// let jobs = Supervisor::new(Strategy::OneForOne).backoff(Duration::from_secs(1), Duration::from_secs(60));
    /// ```
    pub fn backoff(mut self, min: Duration, max: Duration) -> Self {
        self.options = self.options.backoff(min, max);
        self
    }

    /// As a child: what happens when it was restarted too often. It escalates, unless told otherwise.
    ///
    /// ```
    /// # use pulsar::prelude::*;
    /// let jobs = Supervisor::new(Strategy::OneForOne).on_give_up(GiveUp::Park);
    /// ```
    pub fn on_give_up(mut self, give_up: GiveUp) -> Self {
        self.options = self.options.on_give_up(give_up);
        self
    }

    /// As a child: its end counts for the automatic shutdown of the supervisor above.
    ///
    /// ```
    /// # use pulsar::prelude::*;
    /// let job = Supervisor::new(Strategy::OneForOne).restart(Restart::Transient).significant();
    /// ```
    pub fn significant(mut self) -> Self {
        self.options = self.options.significant();
        self
    }
}

impl Supervised for Supervisor {
    type Proxy = SupervisorProxy;

    fn into_branch(self) -> Branch {
        self.children
            .into_iter()
            .fold(Branch::supervisor(self.options), |tree, (name, child)| tree.child(&name, child, ChildOptions::new()))
    }

    fn proxy(planted: &Planted) -> SupervisorProxy {
        planted.supervisor()
    }
}

impl SupervisorExt for Supervisor {}
