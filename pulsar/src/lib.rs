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
//! | declare a supervision tree | [`macro@supervisor`], [`macro@child`]; at run time [`Supervisor`] |
//! | begin a program or a test | [`macro@main`], [`macro@test`]; by hand [`init`] and [`run`] |
//! | spawn | [`ActorExt`], [`Spawn`], [`SupervisorExt`]; [`Params`], [`Limits`], [`Output`] |
//! | ask and tell | [`Request`], and [`Proxy`] for what every actor answers |
//! | reach an actor by name | [`send`], [`find`], [`Target`] |
//! | call a command by name, with JSON | `Proxy::call` and `Proxy::commands`, with feature `json` |
//! | use a pool | [`Spawn::workers`], [`Routing`], [`Proxy::by_key`], [`Proxy::each`], [`Proxy::scale`] |
//! | change a tree while it runs | [`SupervisorProxy`] |
//! | find things out in a handler | [`Context`], [`current`], [`arbiter`] |
//! | answer later, or work off the loop | [`Deferred`], [`Executor`] |
//! | know what went wrong | [`AskError`], [`SpawnError`], [`ExitReason`], [`Started`], [`CrashReport`] |
//! | look at a running program | [`tree()`], [`events()`], [`Info`], and [below](#observability) |
//! | run as a service | [`ready`], [`listen_fds`], and [below](#as-a-service) |
//!
//! # Supervision
//!
//! The **arbiter**, in the main thread of the master process, starts, watches and stops everything; it runs no code of yours. What it
//! decides, [`supervise`] decides: a pure state machine.
//!
//! An actor that is [spawned](ActorExt::spawn) by itself is restarted as its [`Restart`] says, after a delay that grows (100 ms to 30 s),
//! 5 times in 30 s at most; then it is parked until [`Proxy::reset`].
//!
//! A **supervisor** ([`macro@supervisor`], [`Supervisor`]) starts its children in order, each when the one before is ready, and stops them in
//! reverse. What the failure of one means for the others, its [`Strategy`] says. Its children share its intensity: when that is spent it
//! ends, and whoever is above it judges that ([`GiveUp`] says what a child may do instead). With significant children it ends when they
//! have ([`AutoShutdown`]).
//!
//! A **monitor** runs a pool ([`Spawn::workers`]): like actors behind one proxy. Each command goes to one of them; a worker that dies is
//! replaced; one that is scaled away or recycled does first what it has accepted.
//!
//! Each start of an actor is an **incarnation**. It has its mailbox, and what it held fails with it
//! ([`AskError::ActorDied`]); proxies go on to the next.
//!
//! # Operation
//!
//! | Signal to the master | Does |
//! | --- | --- |
//! | TERM | ends the program gracefully, as the end of `main` does |
//! | INT, QUIT | end it within a second |
//! | any of these again | kills what is left within 2 s; a third waits for nothing |
//! | HUP | reload: process actors are replaced from the binary that is now at the program's path, one at a time; the first that does not become ready has all of it undone |
//! | USR1 | log files are to be opened anew ([`Change::Reopen`]) |
//! | TTIN, TTOU | a worker more in each pool, one less |
//!
//! What the exit codes mean, [`run`] says. `PULSAR_EXE` in the environment names another binary for process actors to run, such as a wrapper that
//! runs this one under a debugger. `PULSAR_FORK_SERVER=off` has each of them executed: by default all but the first are forked from a
//! process of this binary that has stopped in [`init`], which takes a fraction of the time and shares its memory.
//!
//! A loop that has nothing to do sleeps, and to wake a sleeping core takes longer than most messages. So one whose idle times have lately
//! been short waits awake first, for about 100 µs, and gives that up where nothing comes: never where there is only one core, never while it
//! has other work. `PULSAR_SPIN=off` has all loops sleep at once, `PULSAR_SPIN=250` has them wait for 250 µs (`on` is the default).
//!
//! # Observability
//!
//! [`tree()`] shows what is supervised now, [`events()`] tells what happens to it, to any process of the program. The same goes to the program's
//! [`tracing`](https://docs.rs/tracing) subscriber; where there is none, warnings and errors are lines on standard error.
//!
//! | Target | Level | What | Fields |
//! | --- | --- | --- | --- |
//! | `pulsar::supervisor` | `ERROR` to `DEBUG` | an event for each [`TreeEvent`] | `actor`, `id`, `incarnation`, `change` (its [name](Change::name)); where they mean something `reason`, `delay_ms`, `restarts`, `pid` |
//! | `pulsar::supervisor` | `ERROR` | an event for each [`CrashReport`]: `an actor crashed` | `actor`, `id`, `kind`, `incarnation`, `pid`, `uptime`, `restarts`, `reason`, `last_command`, `running`, `waiting`, `handled`, `lost`, `stderr` |
//! | `pulsar::command` | `DEBUG` | a span for each message that is handled: `command` | `actor`, `id`, `incarnation`, `command`, `sender` |
//!
//! A task actor that was spawned by itself is supervised by its own loop: it is not in [`tree()`], [`events()`] only tells that it
//! [blocks](Change::Blocked) the loop, and what is logged of it has no fields but those of its crash reports. Spans are made where the handler runs: in a process actor by the subscriber there, which the `setup` of
//! [`macro@main`] may install.
//!
//! What a process actor prints comes out of the master, line by line behind the actor's name ([`Output`]).
//!
//! # As a service
//!
//! A program of pulsar's is a service of systemd's (or of whatever speaks its protocol) without a line of code; where there is none,
//! nothing of this happens. With `Type=notify` and, if you like, `WatchdogSec=30s`:
//!
//! | It is told | When |
//! | --- | --- |
//! | `READY=1` | the first supervisor at the root is up; in a program without one, an actor is ready and for 100 ms none has been starting; or [`ready`] is called |
//! | `STATUS=` | with the others, and when it changes, once a second at most: `3 actors, 1 parked` |
//! | `WATCHDOG=1` | at half of `WATCHDOG_USEC`, from the supervisor's own loop: one that stands still is silent |
//! | `RELOADING=1` | at a reload; `READY=1` follows |
//! | `STOPPING=1` | at the begin of the end, with `EXTEND_TIMEOUT_USEC`: the longest `shutdown` there is, and a little |
//!
//! A program whose only actors are tasks, or whose `main` takes its time between two spawns, calls [`ready`] itself.
//! [`listen_fds`] gives the sockets that were opened for it. None of this is inherited by process actors.
//!
//! # Applications
//!
//! An application is a pool of workers that share the sockets of their master, made of a function with `#[pulsar::http]`, `#[pulsar::socket]` or
//! `#[pulsar::udp]`: see [`App`], [`Apps`] and [`Settings`]. Each worker calls the function in its own process, then accepts. It finishes what it
//! has when it is stopped, reloaded or replaced ([`Draining`]).
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
//! | `app` | no | applications: [`App`], settings, workers that are handed their sockets; with those below |
//! | `http` | no | [`http`](mod@http): HTTP/1.1 and HTTP/2 servers of any tower service, `#[pulsar::http]` |
//! | `ws` | no | [`ws`]: WebSocket handlers, a client, rooms that span workers |
//! | `socket` | no | [`socket`](mod@socket): TCP, Unix and UDP servers, a pooled client |
//! | `tls` | no | TLS for all that are streams (rustls, with ring) |
//! | `json` | no | any command by its name, with JSON: [`Proxy::call`] |
//! | `rpc` | no | [`rpc`]: JSON-RPC 2.0 over HTTP and WebSocket, and a client |
//!
//! Without any it is the actors alone.
//!
//! # Platforms
//!
//! Linux is the one that is tested, and the only one there is code for.

mod actor;
mod address;
mod api;
#[cfg(feature = "app")]
mod app;
#[cfg(feature = "app")]
mod apps;
mod arbiter;
pub mod command;
mod concurrency;
#[cfg(feature = "app")]
mod config;
mod crash;
mod duration;
mod entry;
mod error;
mod events;
mod exit;
mod handed;
mod host;
mod id;
#[cfg(all(test, feature = "_shuttle"))]
mod interleavings;
mod link;
#[cfg(feature = "app")]
mod log;
mod mailbox;
mod members;
pub mod message;
mod node;
mod panics;
mod peer;
mod plural;
pub mod prelude;
mod proxy;
mod recorder;
mod reply;
mod report;
mod request;
mod runner;
mod scope;
// One protocol alone needs but a part of it.
#[cfg(feature = "app")]
#[cfg_attr(not(all(feature = "http", feature = "socket", feature = "tls")), allow(dead_code, unused_imports))]
mod serve;
mod spawner;
pub mod supervise;
mod supervisor;
mod sync;
mod timers;
mod tree;
mod wire;

#[doc(hidden)]
pub mod __private;

pub use actor::{
    Actor, ActorExt, ActorInfo, AnyActor, Context, Info, Limits, MailboxInfo, Output, Params, Restart, Routing, Spawn,
    SystemInfo,
};
pub use api::{Arbiter, Target, arbiter, current, find, ready, send, tree};
#[cfg(feature = "app")]
pub use app::{App, Apps, RunningApp};
#[cfg(feature = "http")]
pub use apps::http;
#[cfg(feature = "rpc")]
pub use apps::rpc;
#[cfg(feature = "socket")]
pub use apps::socket;
#[cfg(feature = "ws")]
pub use apps::ws;
#[cfg(feature = "json")]
pub use command::ParamError;
pub use concurrency::{Executor, ExecutorError};
#[cfg(feature = "app")]
pub use config::{Bind, Settings};
pub use crash::CrashReport;
pub use entry::{ListenFd, MainOutcome, init, listen_fds, run};
pub use error::{AskError, Error, ErrorText, Never, Result, SpawnError, Started};
pub use events::{Change, Events, TreeEvent, events};
pub use exit::{Backtrace, ExitReason};
pub use id::{ActorId, Incarnation, Kind, ParseActorIdError, ParseKindError, State};
pub use proxy::Proxy;
#[cfg(feature = "json")]
pub use proxy::{Call, CallError};
pub use reply::{Caller, Deferred};
pub use request::Request;
#[cfg(feature = "app")]
pub use serve::{Busy, ConnectionInfo, Draining, Hooks, PeerAddr, Stream};
pub use supervise::{AutoShutdown, Due, GiveUp, Strategy};
pub use supervisor::{ChildCount, ChildError, ChildInfo, Root, Supervised, Supervisor, SupervisorExt, SupervisorProxy};
pub use tree::{Role, Tree, TreeNode};
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
/// Two actors and a supervisor of its own under one. Commands go through the proxies of the children:
///
/// ```no_run
/// use pulsar::prelude::*;
///
/// #[actor]
/// struct Cache { #[state] kept: Vec<String> }
///
/// #[actor]
/// impl Cache {
///     #[command]
///     fn keep(&mut self, text: String) { self.kept.push(text); }
/// }
///
/// #[actor]
/// struct Api { port: u16 }
///
/// #[actor]
/// impl Api {
///     #[command]
///     fn port(&self) -> u16 { self.port }
/// }
///
/// /// What may fail without harm to the rest.
/// #[supervisor]
/// struct Jobs {
///     #[child(restart = transient, on_give_up = park)]
///     importer: Cache,
/// }
///
/// #[supervisor(strategy = rest_for_one, restarts = 3, within = "1m")]
/// struct Site {
///     /// What was asked for last.
///     #[child(thread)]
///     cache: Cache,
///     /// A pool: each command goes to one of four processes.
///     #[child(process, workers = 4, shutdown = "30s", max_age = "1h")]
///     api: Api,
///     #[child]
///     jobs: Jobs,
/// }
///
/// #[pulsar::main]
/// async fn main() -> Result<()> {
///     let jobs = Jobs::new(Cache::new());
///     let site = Site::new(Cache::new(), Api::new(8080), jobs).named("site").spawn().await?;
///     site.cache().keep("a page").await?;
///     println!("{}", site.api().port().await?);
///     site.jobs().importer().keep("a row").await?;
///     site.stop().await?;
///     Ok(())
/// }
/// ```
///
/// A field's own type says what it is. One that is changed before it is planted is a [`Spawn`], and a supervisor without
/// children is filled at run time, by `start_child` of its proxy:
///
/// ```
/// use pulsar::{Spawn, prelude::*};
///
/// # #[actor] struct Cache {}
/// # #[actor] impl Cache {}
/// #[supervisor(strategy = one_for_all)]
/// struct Pair {
///     #[child]
///     left: Spawn<Cache>,
///     #[child]
///     right: Spawn<Cache>,
/// }
///
/// #[supervisor]
/// struct Sessions {}
///
/// let pair = Pair::new(Cache::new().named("left"), Cache::new().on(Kind::Thread));
/// let sessions = Sessions::new();
/// ```
#[doc(inline)]
pub use pulsar_macros::supervisor;

/// # Examples
///
/// ```
/// use pulsar::prelude::*;
///
/// # #[actor] struct Cache {}
/// # #[actor] impl Cache {}
/// #[supervisor]
/// struct Site {
///     #[child(thread, restart = transient, backoff = "1s..1m", on_give_up = retry)]
///     cache: Cache,
/// }
/// ```
#[doc(inline)]
pub use pulsar_macros::child;

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
///
/// A process actor begins with none of the body, so what the whole program needs (a subscriber, a panic hook, a setting of
/// the allocator) goes into a `fn()` that `setup` names. The master calls it once before the arbiter starts, and each
/// process actor once before it boots, within its `start_timeout`. One that panics ends the master, or fails that spawn.
///
/// ```no_run
/// fn set_up() {
///     std::panic::set_hook(Box::new(|info| eprintln!("{info}")));
/// }
///
/// #[pulsar::main(setup = set_up)]
/// async fn main() {}
/// ```
#[doc(inline)]
pub use pulsar_macros::main;

/// # Examples
///
/// Each test is a program of its own (its binary, executed again), so that tests in parallel share no arbiter, no names and no
/// signals. One that takes longer than `timeout` (60 s) is killed, and its actors with it. `setup` is as that of
/// [`macro@main`]: the test's own master and its process actors call it, the harness does not.
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

// Its programs serve, too.
#[cfg(all(doctest, feature = "http"))]
#[doc = include_str!("../../README.md")]
struct Readme;

/// # Examples
///
/// ```no_run
/// use pulsar::http::{Router, get};
///
/// /// Greets whoever comes.
/// #[pulsar::http]
/// fn hello(greeting: String) -> Router {
///     Router::new().route("/", get(move || { let greeting = greeting.clone(); async move { greeting } }))
/// }
///
/// #[pulsar::main]
/// async fn main() -> pulsar::Result<()> {
///     hello("Hello, World!\n").run().await
/// }
/// ```
#[cfg(feature = "http")]
#[doc(inline)]
pub use pulsar_macros::http;

/// # Examples
///
/// ```no_run
/// use pulsar::socket::{AsyncWriteExt, Stream};
///
/// /// Says it, and hangs up.
/// #[pulsar::socket]
/// async fn say(mut stream: Stream, text: String) -> std::io::Result<()> {
///     stream.write_all(text.as_bytes()).await
/// }
///
/// #[pulsar::main]
/// async fn main() -> pulsar::Result<()> {
///     say("hello\n").bind("127.0.0.1:7007").run().await
/// }
/// ```
#[cfg(feature = "socket")]
#[doc(inline)]
pub use pulsar_macros::socket;

/// # Examples
///
/// ```no_run
/// use pulsar::socket::Datagram;
///
/// /// Sends back what comes.
/// #[pulsar::udp]
/// async fn echo(datagram: Datagram) -> std::io::Result<()> {
///     datagram.reply(datagram.bytes()).await
/// }
///
/// #[pulsar::main]
/// async fn main() -> pulsar::Result<()> {
///     echo().bind("127.0.0.1:7007").run().await
/// }
/// ```
#[cfg(feature = "socket")]
#[doc(inline)]
pub use pulsar_macros::udp;
