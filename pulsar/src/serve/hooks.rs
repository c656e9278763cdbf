//! What an application's own code is told in its workers.

use std::fmt;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use super::{Local, PeerAddr};
use crate::error::Error;

/// One connection, as hooks see it. What is served by HTTP finds it among the extensions of each request, in an `Arc`.
///
/// ```
/// # fn doc(connection: &pulsar::ConnectionInfo) {
/// println!("{} came to {}", connection.peer, connection.local);
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectionInfo {
    /// Its number in its worker, from 1.
    pub number: u64,
    /// Who is at the other end.
    pub peer: PeerAddr,
    /// The address it came to.
    pub local: PeerAddr,
    /// When it was accepted.
    pub since: Instant,
}

type Async = Box<dyn Fn() -> Local<Result<(), Error>>>;
type Told = Box<dyn Fn(&ConnectionInfo)>;

/// What runs in each worker of an application, beside its service. Named by the attribute: `#[pulsar::http(hooks = path)]`, a `fn() -> Hooks`
/// that each worker calls, in its own process.
///
/// ```
/// use pulsar::Hooks;
///
/// fn hooks() -> Hooks {
///     Hooks::new()
///         .worker_start(async || Ok(println!("I begin")))
///         .connection_made(|connection| println!("{} came", connection.peer))
///         .worker_stopping(async || Ok(println!("I have finished")))
/// }
/// ```
#[derive(Default)]
pub struct Hooks {
    pub(super) start: Vec<Async>,
    pub(super) stopping: Vec<Async>,
    pub(super) made: Vec<Told>,
    pub(super) lost: Vec<Told>,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hooks")
    }
}

impl Hooks {
    /// None.
    ///
    /// ```
    /// let hooks = pulsar::Hooks::new();
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Before the worker accepts. An error fails its start.
    ///
    /// ```
    /// let hooks = pulsar::Hooks::new().worker_start(async || Ok(()));
    /// ```
    pub fn worker_start<F: Future<Output = Result<(), Error>> + 'static>(
        mut self,
        hook: impl Fn() -> F + 'static,
    ) -> Self {
        self.start.push(Box::new(move || Box::pin(hook())));
        self
    }

    /// When the worker has finished what it had, before it ends. An error is logged.
    ///
    /// ```
    /// let hooks = pulsar::Hooks::new().worker_stopping(async || Ok(()));
    /// ```
    pub fn worker_stopping<F: Future<Output = Result<(), Error>> + 'static>(
        mut self,
        hook: impl Fn() -> F + 'static,
    ) -> Self {
        self.stopping.push(Box::new(move || Box::pin(hook())));
        self
    }

    /// When a connection was accepted.
    ///
    /// ```
    /// let hooks = pulsar::Hooks::new().connection_made(|connection| println!("{}", connection.peer));
    /// ```
    pub fn connection_made(mut self, hook: impl Fn(&ConnectionInfo) + 'static) -> Self {
        self.made.push(Box::new(hook));
        self
    }

    /// When it is over, however it ended.
    ///
    /// ```
    /// let hooks = pulsar::Hooks::new().connection_lost(|connection| println!("{:?}", connection.since.elapsed()));
    /// ```
    pub fn connection_lost(mut self, hook: impl Fn(&ConnectionInfo) + 'static) -> Self {
        self.lost.push(Box::new(hook));
        self
    }
}

/// Tells of a connection's end when it is dropped.
pub(super) struct Lost {
    pub(super) hooks: Rc<Hooks>,
    pub(super) info: Arc<ConnectionInfo>,
}

impl Lost {
    pub(super) fn new(hooks: &Rc<Hooks>, info: &Arc<ConnectionInfo>) -> Self {
        hooks.made.iter().for_each(|hook| hook(info));
        Self { hooks: hooks.clone(), info: info.clone() }
    }
}

impl Drop for Lost {
    fn drop(&mut self) {
        self.hooks.lost.iter().for_each(|hook| hook(&self.info));
    }
}
