//! Applications: a service with its settings, run by a pool of workers under a supervisor of its own.
//!
//! Knows what a worker is told; not what it speaks.

mod backstage;
mod daemon;
mod launch;
mod pidfile;
mod reload;
mod running;
mod several;

use std::fmt;
use std::future::Future;

use bytes::Bytes;

pub(crate) use backstage::BackstageHooks;
pub use running::RunningApp;
pub use several::Apps;

use crate::config::Group;
use crate::error::{Error, SpawnError};
use crate::supervisor::{Branch, ChildOptions, Supervised};

/// What is spoken by an application's workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// HTTP.
    Http,
    /// Its own protocol, over streams.
    Streams,
    /// Datagrams.
    Datagrams,
}

impl Speaks {
    fn groups(self) -> &'static [Group] {
        match self {
            Self::Http => &[Group::Socket, Group::Worker, Group::Http, Group::Program],
            Self::Streams | Self::Datagrams => &[Group::Socket, Group::Worker, Group::Program],
        }
    }
}

/// An application that has not begun: made by the function that bears `#[pulsar::http]`, `#[pulsar::socket]` or `#[pulsar::udp]`.
///
/// It is a pool of workers that share its sockets, which are bound once, in the master. Each worker is a process
/// ([`Settings::concurrency`](crate::Settings::concurrency)), with a loop of its own; it is started again when it dies, replaced when it
/// has served long enough, and finishes what it has before it ends.
///
/// ```no_run
/// # #[cfg(feature = "http")] mod doc {
/// use pulsar::http::{Router, get};
///
/// #[pulsar::http]
/// fn hello() -> Router {
///     Router::new().route("/", get(async || "Hello, World!\n"))
/// }
///
/// #[pulsar::main]
/// async fn main() -> pulsar::Result<()> {
///     hello().bind("127.0.0.1:8060").workers(2).run().await
/// }
/// # }
/// ```
#[must_use = "it begins by `run` or `spawn`"]
pub struct App {
    name: String,
    speaks: Speaks,
    /// The path of the function that makes the service.
    path: &'static str,
    args: Result<Bytes, String>,
    about: Option<String>,
    code: Vec<(String, String)>,
    children: Vec<(String, Branch)>,
    hooks: BackstageHooks,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("name", &self.name).field("path", &self.path).finish_non_exhaustive()
    }
}

impl App {
    /// What the macros make. `path` names a [`ServiceEntry`](crate::__private::ServiceEntry).
    #[doc(hidden)]
    pub fn of(speaks: Speaks, name: &str, path: &'static str, about: &str, args: Result<Bytes, String>) -> Self {
        Self {
            name: name.into(),
            speaks,
            path,
            args,
            about: Some(about.trim().to_string()).filter(|about| !about.is_empty()),
            code: Vec::new(),
            children: Vec::new(),
            hooks: BackstageHooks::default(),
        }
    }

    /// What it is called: its supervisor is found by this name, and stopped by it; its pool is `site.workers`, a worker `site.workers.1`.
    /// Default: the function's name.
    ///
    /// ```
    /// # fn doc(app: pulsar::App) {
    /// let app = app.named("site");
    /// # }
    /// ```
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets a setting by its name: a default of the program's, which a file, the environment and the command line override. See
    /// [`Settings`](crate::Settings).
    ///
    /// What is wrong with it, [`run`](Self::run) and [`spawn`](Self::spawn) say.
    ///
    /// ```
    /// # fn doc(app: pulsar::App) {
    /// let app = app.set("keep_alive", "15s").set("access_log", true);
    /// # }
    /// ```
    pub fn set(mut self, name: &str, value: impl ToString) -> Self {
        self.code.push((name.into(), value.to_string()));
        self
    }

    /// Where it listens: [`Bind`](crate::Bind), several with commas.
    ///
    /// ```
    /// # fn doc(app: pulsar::App) {
    /// let app = app.bind("127.0.0.1:8060,unix:/run/site.sock");
    /// # }
    /// ```
    pub fn bind(self, places: &str) -> Self {
        self.set("bind", places)
    }

    /// How many workers it has.
    ///
    /// ```
    /// # fn doc(app: pulsar::App) {
    /// let app = app.workers(4);
    /// # }
    /// ```
    pub fn workers(self, workers: u32) -> Self {
        self.set("workers", workers)
    }

    /// An actor, pool or tree that is started before the workers, under this name, and stopped after them.
    ///
    /// ```
    /// use pulsar::prelude::*;
    ///
    /// #[actor]
    /// struct Calculator {}
    ///
    /// #[actor]
    /// impl Calculator {
    ///     #[command]
    ///     fn add(&self, a: i64, b: i64) -> i64 { a + b }
    /// }
    ///
    /// # fn doc(app: pulsar::App) {
    /// let app = app.child("calc", Calculator::new().workers(2)); // a worker finds it: `find("calc")`
    /// # }
    /// ```
    pub fn child(mut self, name: &str, child: impl Supervised) -> Self {
        let named = child.into_branch();
        self.children.push((name.into(), named));
        self
    }

    /// Runs in the master when the sockets are bound, before anything is started; its error ends the start. Whoever connects meanwhile waits.
    ///
    /// It runs on a thread of the application's own, as `when_exit` does, never on the arbiter's.
    ///
    /// ```
    /// # fn doc(app: pulsar::App) {
    /// let app = app.monitor_start(async || Ok(println!("about to begin")));
    /// # }
    /// ```
    pub fn monitor_start<F>(mut self, hook: impl FnOnce() -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<(), Error>> + 'static,
    {
        self.hooks.before.push(Box::new(move || Box::pin(hook())));
        self
    }

    /// Runs in the master when all workers are ready, on the loop of whoever started the application: it is not to block.
    ///
    /// ```
    /// # fn doc(app: pulsar::App) {
    /// let app = app.when_ready(|app| println!("{} serves {:?}", app.name(), app.addresses()));
    /// # }
    /// ```
    pub fn when_ready(mut self, hook: impl FnOnce(&RunningApp) + Send + 'static) -> Self {
        self.hooks.ready.push(Box::new(hook));
        self
    }

    /// Runs in the master when the workers have ended.
    ///
    /// ```
    /// # fn doc(app: pulsar::App) {
    /// let app = app.when_exit(async || Ok(println!("it is over")));
    /// # }
    /// ```
    pub fn when_exit<F>(mut self, hook: impl FnOnce() -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<(), Error>> + 'static,
    {
        self.hooks.after.push(Box::new(move || Box::pin(hook())));
        self
    }

    /// What a `main` does whose program is this application: reads the command line, starts, and serves until it is stopped.
    ///
    /// `--help` shows the settings. Whatever [`child`](Self::child) and hooks begin, begins after the command line has been read.
    ///
    /// # Errors
    ///
    /// What is wrong with a setting (exit code 2), that it could not start (3), that its workers failed too often (4).
    ///
    /// # Cancel safety
    ///
    /// Dropped, it serves on.
    ///
    /// ```no_run
    /// # async fn doc(hello: pulsar::App) -> pulsar::Result<()> {
    /// hello.run().await
    /// # }
    /// ```
    pub async fn run(self) -> Result<(), Error> {
        Apps::new().app(self).run().await
    }

    /// Starts it in a program that runs, and waits until its workers are ready. Settings come from code, the environment, and nothing else.
    ///
    /// # Errors
    ///
    /// As of [`run`](Self::run). A second application of the same name is refused.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it is started all the same.
    ///
    /// ```no_run
    /// # async fn doc(hello: pulsar::App) -> pulsar::Result<()> {
    /// let site = hello.bind("127.0.0.1:0").spawn().await?;
    /// println!("{:?}", site.addresses());
    /// site.stop().await?;
    /// # Ok(()) }
    /// ```
    pub async fn spawn(self) -> Result<RunningApp, Error> {
        let sources = self.sources(None);
        let settings = sources.settle(&[])?;
        // Whoever does not wait for it does not stop it midway.
        tokio::task::spawn_local(launch::launch(self, settings, sources, Vec::new())).await?
    }

    fn sources(&self, prefix: Option<&str>) -> crate::config::Sources {
        let mut code = vec![];
        code.extend(self.code.iter().cloned());
        crate::config::Sources { prefix: prefix.map(Into::into), code, ..Default::default() }
    }
}

/// One that was made under a name, found under it.
fn called(branch: Branch, name: &str) -> (Branch, ChildOptions) {
    (branch, ChildOptions::new().name(name))
}

/// An error of the start, with its exit code.
fn could_not_start(error: impl Into<Error>) -> Error {
    error.into().with_code(COULD_NOT_START)
}

/// The exit code of a program that could not start.
const COULD_NOT_START: u8 = 3;

/// What says that a program is stopping.
fn is_stopping(error: &SpawnError) -> bool {
    matches!(error, SpawnError::Stopping)
}
