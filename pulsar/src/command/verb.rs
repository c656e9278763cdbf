//! The built-in commands, which every actor answers in its control lane, whatever its mailbox holds.

use crate::error::Never;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};

use super::{Command, CommandPayload, OpenCommand, Payload};
use crate::actor::{Actor, Info, Params, Spawn};
use crate::error::SpawnError;
use crate::exit::ExitReason;
use crate::id::{ActorId, Incarnation};
use crate::message::{Encoder, Tag};
use crate::supervisor::{Plan, Tend};
use crate::wire::Wire;

/// A built-in command on the wire. Not public: the functions of this module make them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Verb {
    Ping,
    Echo(Bytes),
    Info,
    ConfigGet(String),
    ConfigSet(String, String),
    Run {
        tag: Tag,
        payload: Bytes,
    },
    /// A value that could not be encoded: said where the answer is expected.
    Unencodable(String),
    Notify,
    Stop,
    Spawn(Box<SpawnRequest>),
    KillActor(String),
    Internal(Internal),
}

/// What processes and actors say to the arbiter, and it to them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Internal {
    /// An actor lives: the first time this is its handshake.
    Notify { id: ActorId, incarnation: Incarnation, window: u32, info: Option<Box<Info>> },
    /// An incarnation is about to end.
    Ending { id: ActorId, incarnation: Incarnation, reason: ExitReason, lost: u64 },
    /// Make an actor, and say where it is.
    Spawn(Box<SpawnRequest>),
    /// The connection of the sending process to this one is over.
    Disconnected { process: u32 },
    /// Where is it?
    Resolve(ActorId),
    /// Who bears this name?
    Lookup(String),
    /// Do this with an actor.
    Order { id: ActorId, order: Order },
    /// A task actor of the sending process wants a name.
    Reserve { id: ActorId, name: String },
    /// A task actor of the sending process is gone.
    Release(ActorId),
    /// How long this actor may be silent from now on.
    Timeout { id: ActorId, timeout: std::time::Duration },
    /// From the manager: end, for this reason; `now` drops a running handler where it awaits.
    End { reason: ExitReason, now: bool },
    /// The arbiter alone: end the program.
    Shutdown { code: u8 },
    /// Make a tree of supervisors and actors, and say who they are.
    Plant(Box<Plan>),
    /// Do this with the children of a supervisor.
    Tend { id: ActorId, tend: Tend },
    /// Tell when this supervisor, pool or actor is gone, and why.
    Await(ActorId),
    /// Show the tree, or what is under this node of it.
    Tree(Option<ActorId>),
    /// Tell what has happened after this event, as soon as there is something; without one, where events are now.
    Events { after: Option<u64> },
    /// A built-in command to a supervisor or a monitor, which live in the arbiter.
    Monitor { id: ActorId, verb: Box<Verb> },
    /// A pool is to have so many workers.
    Scale { id: ActorId, workers: u32 },
    /// The arbiter alone: a loop of the master has task actors, and is to be watched.
    Watch,
    /// From the manager: finish what was accepted, take nothing more, then end.
    Drain,
    /// To an actor that drains: this process sends it nothing more.
    Left { process: u32 },
    /// The arbiter alone: the program is ready to serve.
    ServiceReady,
}

/// What a manager is told to do with an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Stop it, and answer when it is gone.
    Stop,
    /// Kill it, and answer when it is gone.
    Kill,
    /// Begin again with it, parked or not.
    Reset,
}

/// What it takes to make an actor somewhere.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SpawnRequest {
    pub(crate) actor: Cow<'static, str>,
    pub(crate) fingerprint: u64,
    pub(crate) specification: Bytes,
    pub(crate) params: Params,
}

/// The answer to a [`Internal::Lookup`].
pub(crate) type Found = Option<ActorId>;

/// A built-in command, made by the functions of [`command`](mod@crate::command).
///
/// ```
/// let ping: pulsar::command::BuiltIn<String> = pulsar::command::ping();
/// ```
#[must_use = "send it to an actor"]
pub struct BuiltIn<T, E = Never> {
    verb: Verb,
    answer: PhantomData<fn() -> (T, E)>,
}

impl<T, E> fmt::Debug for BuiltIn<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.verb, f)
    }
}

impl<T, E> BuiltIn<T, E> {
    pub(crate) fn new(verb: Verb) -> Self {
        Self { verb, answer: PhantomData }
    }
}

impl<T: Wire, E: Wire> Command for BuiltIn<T, E> {
    type Reply = T;
    type Error = E;

    fn into_payload(self) -> CommandPayload {
        CommandPayload(Payload::Verb(Box::new(self.verb)))
    }
}

fn encoded(put: impl FnOnce(&mut Encoder<'_>) -> Result<(), crate::message::EncodeError>) -> Result<Bytes, Verb> {
    let mut out = BytesMut::new();
    match put(&mut Encoder::new(&mut out)) {
        Ok(()) => Ok(out.freeze()),
        Err(error) => Err(Verb::Unencodable(error.to_string())),
    }
}

/// Answers `"pong"`.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # async fn doc() -> Result<()> {
/// assert_eq!(send("counter", pulsar::command::ping()).await?, "pong");
/// # Ok(()) }
/// ```
///
/// `"pong"` says that the loop of the actor comes round; also while a handler awaits.
pub fn ping() -> BuiltIn<String> {
    BuiltIn::new(Verb::Ping)
}

/// Answers with the value it was sent.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # async fn doc() -> Result<()> {
/// assert_eq!(send("counter", pulsar::command::echo(7)).await?, 7);
/// # Ok(()) }
/// ```
///
/// What cannot be encoded fails with [`AskError::Unencodable`](crate::AskError::Unencodable).
pub fn echo<T: Wire>(value: T) -> BuiltIn<T> {
    BuiltIn::new(encoded(|out| out.put(&value)).map_or_else(|verb| verb, Verb::Echo))
}

/// Answers what is known of the actor. Of a busy actor the `on_info` part is the last, with its age.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # async fn doc() -> Result<()> {
/// println!("{}", send("counter", pulsar::command::info()).await?);
/// # Ok(()) }
/// ```
pub fn info() -> BuiltIn<Info> {
    BuiltIn::new(Verb::Info)
}

/// Answers the value of a setting: `timeout`, `heartbeat`, `shutdown`, `start_timeout`, `mailbox`, `restart`, or a key of
/// `extra`. Durations are written as `30s` or `100ms`. A pool has `workers`, and nothing else.
///
/// # Errors
///
/// [`ConfigError`] where there is no such setting; the arbiter and supervisors have none.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # async fn doc() -> Result<()> {
/// assert_eq!(send("counter", pulsar::command::config_get("timeout")).await?, "30s");
/// # Ok(()) }
/// ```
pub fn config_get(key: impl Into<String>) -> BuiltIn<String, ConfigError> {
    BuiltIn::new(Verb::ConfigGet(key.into()))
}

/// Sets a setting of a running actor: `timeout`, `heartbeat` (whole numbers of `ms`, `s`, `m` or `h`, such as `"30s"`), or a
/// key of `extra`. It holds until the incarnation ends: the next begins with what it was spawned with.
///
/// To set `timeout` sets `heartbeat`, too: to a third of it, kept between 3 and 60 s; below 9 s a third whatever that is. Of a
/// pool `workers` can be set, as by [`Proxy::scale`](crate::Proxy::scale).
///
/// # Errors
///
/// [`ConfigError`] where the value is no duration, or the setting cannot be changed while the actor runs.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # async fn doc() -> Result<()> {
/// send("counter", pulsar::command::config_set("heartbeat", "5s")).await?;
/// # Ok(()) }
/// ```
pub fn config_set(key: impl Into<String>, value: impl Into<String>) -> BuiltIn<(), ConfigError> {
    BuiltIn::new(Verb::ConfigSet(key.into(), value.into()))
}

/// Runs an open command out of turn, beside whatever the actor is doing: it gets the context, never the state.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// /// Says where it runs.
/// #[command]
/// fn place(cx: &mut Context) -> String {
///     cx.id().to_string()
/// }
/// # async fn doc() -> Result<()> {
/// let id = send("counter", pulsar::command::run(place())).await?;
/// # Ok(()) }
/// ```
///
/// The arbiter, supervisors and monitors answer [`AskError::UnknownCommand`](crate::AskError::UnknownCommand): they run no user code.
pub fn run<C>(command: C) -> BuiltIn<C::Reply, C::Error>
where
    C: OpenCommand<Target = crate::actor::AnyActor>,
{
    let verb = encoded(|out| command.encode(out));
    BuiltIn::new(verb.map_or_else(|verb| verb, |payload| Verb::Run { tag: C::DESCRIPTOR.tag, payload }))
}

/// Answers the receiver's time, in milliseconds since 1970. From an actor to its manager it says that it lives.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # async fn doc() -> Result<()> {
/// let then = send("monitor", pulsar::command::notify()).await?;
/// # Ok(()) }
/// ```
pub fn notify() -> BuiltIn<u64> {
    BuiltIn::new(Verb::Notify)
}

/// Tells the actor to stop. Answered when it has heard; [`Proxy::stop`](crate::Proxy::stop) waits until it is gone.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # async fn doc() -> Result<()> {
/// send("counter", pulsar::command::stop()).await?;
/// # Ok(()) }
/// ```
///
/// It is not restarted. Sent to the arbiter, it ends the program.
pub fn stop() -> BuiltIn<()> {
    BuiltIn::new(Verb::Stop)
}

/// Has the receiver spawn an actor; a task actor then lives on the receiver's loop.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # #[actor(task)] struct Cache {}
/// # #[actor] impl Cache {}
/// # async fn doc() -> Result<()> {
/// let cache: CacheProxy = send("counter", pulsar::command::spawn(Cache::new())).await?;
/// # Ok(()) }
/// ```
///
/// The arbiter runs no task actors; whatever else it is asked for is its child, whoever was asked.
///
/// # Errors
///
/// [`SpawnError`], as the command's own error.
pub fn spawn<A: Actor>(actor: impl Into<Spawn<A>>) -> BuiltIn<A::Proxy, SpawnError> {
    match actor.into().into_request() {
        Ok(request) => BuiltIn::new(Verb::Spawn(Box::new(request))),
        Err(error) => BuiltIn::new(Verb::Unencodable(error.to_string())),
    }
}

/// Has the arbiter kill an actor, named by name or id; it is not restarted. Answers whether there was one.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # async fn doc() -> Result<()> {
/// let killed = send("arbiter", pulsar::command::kill_actor("counter")).await?;
/// # Ok(()) }
/// ```
///
/// A process gets KILL; of a thread or a task the handler is dropped where it awaits.
pub fn kill_actor(target: impl fmt::Display) -> BuiltIn<bool> {
    BuiltIn::new(Verb::KillActor(target.to_string()))
}

/// A setting that does not exist, cannot be set, or has no such value; the text says what is allowed.
///
/// ```
/// let error = pulsar::command::ConfigError::new("`nice` cannot be changed while the actor runs");
/// assert!(error.to_string().starts_with("`nice`"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigError(String);

impl ConfigError {
    /// An error with this text.
    ///
    /// ```
    /// # use pulsar::command::ConfigError;
    /// assert_eq!(ConfigError::new("no such key").to_string(), "no such key");
    /// ```
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}
