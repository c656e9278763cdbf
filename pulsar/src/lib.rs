//! Actors in their own processes, threads or tasks, from one attribute, kept alive by a supervisor.
//!
//! A struct and its methods become an actor by `#[actor]` and `#[command]`. It runs in an operating system process of its
//! own (the default), in a thread of its own, or as a task; it is reached through one typed proxy wherever it runs; and it
//! is started again when it dies.
//!
//! ```no_run
//! use pulsar::prelude::*;
//!
//! #[actor] // = #[actor(process)]; also (thread) and (task)
//! struct Counter {
//!     start: u64, // the specification: travels to where the actor runs, decoded afresh at each start
//!     #[state]
//!     total: u64, // the state: made anew at each start, never travels
//! }
//!
//! #[actor]
//! impl Counter {
//!     #[hook]
//!     fn start(&mut self) {
//!         self.total = self.start;
//!     }
//!
//!     /// Adds `n` and returns the new total.
//!     #[command]
//!     fn add(&mut self, n: u64) -> u64 {
//!         self.total += n;
//!         self.total
//!     }
//! }
//!
//! #[pulsar::main]
//! async fn main() -> Result<()> {
//!     let counter = Counter::new(10).named("counter").spawn().await?;
//!     assert_eq!(counter.add(5).await?, 15);
//!     counter.add(1).tell().await?;
//!     counter.stop().await?;
//!     Ok(())
//! }
//! ```
//!
//! # What is where
//!
//! | To | See |
//! | --- | --- |
//! | declare an actor, its commands and its hooks | [`macro@actor`], [`macro@command`], [`macro@hook`] |
//! | begin a program or a test | [`macro@main`], [`macro@test`]; by hand [`init`] and [`run`] |
//! | spawn | [`ActorExt`], [`Spawn`], [`Params`], [`Limits`] |
//! | ask and tell | [`Request`], and [`Proxy`] for what every actor answers |
//! | reach an actor by name | [`send`], [`find`], [`Target`] |
//! | find things out in a handler | [`Context`], [`current`], [`arbiter`] |
//! | answer later, or work off the loop | [`Deferred`], [`Executor`] |
//! | know what went wrong | [`AskError`], [`SpawnError`], [`ExitReason`], [`Started`] |
//! | look at a running actor | [`Info`] |
//!
//! # Modules
//!
//! | Module | Holds |
//! | --- | --- |
//! | [`prelude`] | what a program that declares actors needs |
//! | [`mod@command`] | the built-in commands (`ping`, `echo`, `info`, ..) and what a command is |
//! | [`supervise`] | the decisions of supervision, as a pure state machine |
//! | [`message`] | the wire format |
//!
//! # Features
//!
//! | Feature | Default | Adds |
//! | --- | --- | --- |
//! | (none yet) | | |
//!
//! # Platforms
//!
//! Linux is the one that is tested, and the only one there is code for.

mod actor;
mod address;
mod api;
mod arbiter;
pub mod command;
mod concurrency;
mod duration;
mod entry;
mod error;
mod exit;
mod host;
mod id;
mod link;
mod mailbox;
pub mod message;
mod node;
mod panics;
mod peer;
pub mod prelude;
mod proxy;
mod reply;
mod report;
mod request;
mod runner;
mod scope;
mod spawner;
pub mod supervise;
mod timers;
mod wire;

#[doc(hidden)]
pub mod __private;

pub use actor::{
    Actor, ActorExt, ActorInfo, AnyActor, Context, Info, Limits, MailboxInfo, Params, Restart, Spawn, SystemInfo,
};
pub use api::{Arbiter, Target, arbiter, current, find, send};
pub use concurrency::{Executor, ExecutorError};
pub use entry::{MainOutcome, init, run};
pub use error::{AskError, Error, ErrorText, Never, Result, SpawnError, Started};
pub use exit::{Backtrace, ExitReason};
pub use id::{ActorId, Incarnation, Kind, ParseActorIdError, ParseKindError, State};
pub use proxy::Proxy;
pub use reply::{Caller, Deferred};
pub use request::Request;
pub use wire::Wire;

/// # Examples
///
/// Placement, limits and supervision are keys of the attribute:
///
/// ```
/// use pulsar::prelude::*;
///
/// #[actor(process, name = "renderer", mailbox = 64, timeout = "10s", shutdown = "30s", restart = transient)]
/// #[derive(Debug)]
/// struct Renderer {
///     width: u32,
///     #[state(Vec::with_capacity(1024))]
///     page: Vec<u8>,
/// }
///
/// #[actor]
/// impl Renderer {
///     /// Draws, and returns how many bytes there are.
///     #[command]
///     fn draw(&mut self, text: String) -> usize {
///         self.page.extend_from_slice(text.as_bytes());
///         self.page.len().min(self.width as usize)
///     }
/// }
/// ```
///
/// The impl block is required, also when it is empty. In a struct literal the values of state fields are ignored: state is
/// made where the actor runs.
///
/// ```
/// use pulsar::prelude::*;
///
/// #[actor(task, new = false)]
/// struct Idle {
///     name: String,
/// }
///
/// #[actor]
/// impl Idle {}
///
/// let idle = Idle { name: "me".into() }.on(Kind::Thread); // to be spawned
/// ```
#[doc(inline)]
pub use pulsar_macros::actor;

/// # Examples
///
/// ```no_run
/// use pulsar::prelude::*;
/// use serde::{Deserialize, Serialize};
///
/// #[actor]
/// struct Account { #[state] cents: u64 }
///
/// #[derive(Debug, Serialize, Deserialize)]
/// struct TooLittle { missing: u64 }
///
/// #[actor]
/// impl Account {
///     /// Its own error is a type of yours.
///     #[command]
///     fn take(&mut self, cents: u64) -> Result<u64, TooLittle> {
///         self.cents = self.cents.checked_sub(cents).ok_or(TooLittle { missing: cents - self.cents })?;
///         Ok(self.cents)
///     }
/// }
///
/// /// Any actor answers this one.
/// #[command]
/// async fn greet(cx: &mut Context, name: String) -> String {
///     format!("Hello {name}, I am {}", cx.name())
/// }
///
/// /// Only an account does this one.
/// #[command(idempotent)]
/// fn balance(account: &mut Account) -> u64 {
///     account.cents
/// }
///
/// # async fn doc() -> Result<()> {
/// let account = Account::new().spawn().await?;
/// if let Err(AskError::Command(TooLittle { missing })) = account.take(5).await {
///     println!("{missing} cents are missing");
/// }
/// account.send(greet("Ada")).await?;
/// account.send(balance()).await?;
/// # Ok(()) }
/// ```
#[doc(inline)]
pub use pulsar_macros::command;

/// # Examples
///
/// All of them, each optional; those but `on_info` and `on_params` may be async. Each may return nothing or a `Result`
/// (`on_info` nothing):
///
/// ```
/// use pulsar::prelude::*;
///
/// #[actor]
/// struct Session { url: String, #[state] beats: u64 }
///
/// #[actor]
/// impl Session {
///     /// Before the first message. An error fails the spawn; at a restart it counts as a death.
///     #[hook]
///     async fn start(&mut self, cx: &mut Context<Self>) -> Result<()> {
///         if self.url.is_empty() { Err(Error::msg(format!("{} has no url", cx.name()))) } else { Ok(()) }
///     }
///
///     /// When it ends and can still say so: not after a panic, nor when it is killed.
///     #[hook]
///     async fn stopping(&mut self, reason: &ExitReason) {
///         println!("it {reason}");
///     }
///
///     /// At each heartbeat (10 s unless set otherwise), between two messages. An error ends the incarnation.
///     #[hook]
///     fn periodic_task(&mut self) {
///         self.beats += 1;
///     }
///
///     /// When `info` is asked and no handler runs.
///     #[hook]
///     fn on_info(&self, info: &mut Info) {
///         info.insert("beats", self.beats);
///     }
///
///     /// Once, in the spawner, before the actor is made.
///     #[hook]
///     fn on_params(params: &mut Params) {
///         params.extra.insert("region".into(), "eu".into());
///     }
/// }
/// ```
#[doc(inline)]
pub use pulsar_macros::hook;

/// # Examples
///
/// The body runs as the actor `main` on a thread of its own, so one that blocks stops nothing but its own task actors. It may return nothing, an
/// exit code or a `Result`; what the exit code then is, [`run`] says.
///
/// ```no_run
/// #[pulsar::main]
/// async fn main() -> pulsar::Result<()> {
///     println!("{}", pulsar::arbiter().info().await?);
///     Ok(())
/// }
/// ```
#[doc(inline)]
pub use pulsar_macros::main;

/// # Examples
///
/// Each test is a program of its own (its binary, executed again), so that tests in parallel share no arbiter, no names and no
/// signals. One that takes longer than `timeout` (60 s) is killed, and its actors with it.
///
/// ```
/// use pulsar::prelude::*;
///
/// #[pulsar::test(timeout = "10s")]
/// async fn the_arbiter_runs() -> Result<()> {
///     assert!(arbiter().is_running());
///     Ok(())
/// }
/// ```
#[doc(inline)]
pub use pulsar_macros::test;

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
