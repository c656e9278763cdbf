//! Actors in their own processes, threads or tasks, from one attribute, kept alive by a supervisor.

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
pub use exit::ExitReason;
pub use id::{ActorId, Incarnation, Kind, ParseActorIdError, ParseKindError, State};
pub use proxy::Proxy;
pub use pulsar_macros::{actor, command, hook, main, test};
pub use reply::{Caller, Deferred};
pub use request::Request;
pub use wire::Wire;

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
