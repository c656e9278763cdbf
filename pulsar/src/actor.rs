//! What an actor is: its specification, its messages, its hooks, and the context that its handlers are given.
//!
//! Contracts only. Must not know where or how an actor runs.

mod context;
mod core;
mod info;
mod params;
mod spawn;

use std::fmt;
use std::future::Future;

pub use context::Context;
pub(crate) use core::{Core, Manager, Record};
pub use info::{ActorInfo, Info, MailboxInfo, SystemInfo};
pub use params::{Limits, Options, Output, Params, Restart, Routing};
pub(crate) use params::{MAX_NAME, MIN_TIMEOUT, check_name};
pub use spawn::{ActorExt, Spawn};

use crate::command::Descriptor;
use crate::error::{Error, Result};
use crate::exit::ExitReason;
use crate::message::{DecodeError, Decoder, EncodeError, Encoder, Tag, fingerprint};
use crate::proxy::Proxy;
use crate::reply::Reply;

/// A struct that can be sent to where it is to run. Implemented by `#[actor]` on the struct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no actor",
    label = "needs `#[actor]` on the struct and on its `impl` block"
)]
pub trait Specified: Sized + 'static {
    /// Its full name, path included.
    const NAME: &'static str;
    /// The text of its specification's fields.
    const SPECIFICATION: &'static str;
    /// What the attribute says.
    const OPTIONS: Options;
    /// Whether the attribute made a `new`.
    const CONSTRUCTOR: bool = false;
    /// Appends the specification's fields.
    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError>;
    /// Takes the specification's fields, and makes the state anew.
    fn decode(input: &mut Decoder<'_>) -> Result<Self, DecodeError>;
}

/// The commands of an actor, one variant each. Implemented by `#[actor]` on the impl block.
pub trait Message: Sized + Send + 'static {
    /// The number of this command on the wire.
    fn tag(&self) -> Tag;
    /// The name of this command.
    fn name(&self) -> &'static str;
    /// Appends the parameters.
    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), EncodeError>;
    /// Takes the parameters of the command `tag`.
    fn decode(tag: Tag, input: &mut Decoder<'_>) -> Result<Self, DecodeError>;
}

/// An actor. Implemented by `#[actor]` on its impl block, which is required even where it is empty.
///
/// Never implemented by hand: what it asks for is not stable. As a bound it stands for "any actor type".
///
/// ```no_run
/// use pulsar::prelude::*;
/// use pulsar::Actor;
///
/// async fn three<A: Actor + Clone>(actor: A) -> Result<Vec<A::Proxy>> {
///     let mut proxies = Vec::new();
///     for _ in 0..3 {
///         proxies.push(actor.clone().spawn().await?);
///     }
///     Ok(proxies)
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no actor yet",
    label = "needs `#[actor] impl {Self} {{ .. }}`, even if it is empty"
)]
pub trait Actor: Specified {
    /// Its commands.
    type Message: Message;
    /// Its typed proxy.
    type Proxy: From<Proxy<Self>> + crate::wire::Wire + Clone;
    /// What is known of its commands.
    const COMMANDS: &'static [Descriptor];
    /// Runs one command that awaits nothing; gives back one that does, with its reply, for [`dispatch`](Self::dispatch).
    fn dispatch_now(
        &mut self,
        cx: &mut Context<Self>,
        message: Self::Message,
        reply: Reply,
    ) -> Option<(Self::Message, Reply)> {
        let _ = cx;
        Some((message, reply))
    }
    /// Runs one command that [`dispatch_now`](Self::dispatch_now) has given back.
    fn dispatch(&mut self, cx: &mut Context<Self>, message: Self::Message, reply: Reply) -> impl Future<Output = ()> {
        let _ = (cx, message, reply);
        std::future::ready(())
    }
    /// The `start` hook.
    fn hook_start(&mut self, cx: &mut Context<Self>) -> impl Future<Output = Result<(), Error>> {
        let _ = cx;
        std::future::ready(Ok(()))
    }
    /// The `stopping` hook.
    fn hook_stopping(
        &mut self,
        cx: &mut Context<Self>,
        reason: &ExitReason,
    ) -> impl Future<Output = Result<(), Error>> {
        let _ = (cx, reason);
        std::future::ready(Ok(()))
    }
    /// The `periodic_task` hook.
    fn hook_periodic_task(&mut self, cx: &mut Context<Self>) -> impl Future<Output = Result<(), Error>> {
        let _ = cx;
        std::future::ready(Ok(()))
    }
    /// The `on_info` hook.
    fn hook_on_info(&self, info: &mut Info) {
        let _ = info;
    }
    /// The `on_params` hook.
    fn hook_on_params(params: &mut Params) -> Result<(), Error> {
        let _ = params;
        Ok(())
    }
}

/// A number that two ends share only if they were built from the same declarations.
pub(crate) const fn fingerprint_of<A: Actor>() -> u64 {
    let mut mix = fingerprint(fingerprint(0, A::NAME), A::SPECIFICATION);
    let mut at = 0;
    while at < A::COMMANDS.len() {
        let command = &A::COMMANDS[at];
        mix = fingerprint(fingerprint(mix, command.name), command.returns);
        if let Some(error) = command.error {
            mix = fingerprint(mix, error);
        }
        let mut param = 0;
        while param < command.params.len() {
            mix = fingerprint(fingerprint(mix, command.params[param].name), command.params[param].ty);
            param += 1;
        }
        at += 1;
    }
    mix
}

/// What a hook may return: nothing, or a `Result`.
#[diagnostic::on_unimplemented(message = "a hook cannot return `{Self}`", label = "return nothing, or a `Result<()>`")]
pub trait HookOutcome {
    /// As the runtime wants it.
    fn into_outcome(self) -> Result<(), Error>;
}

impl HookOutcome for () {
    fn into_outcome(self) -> Result<(), Error> {
        Ok(())
    }
}

impl<E: Into<Error>> HookOutcome for std::result::Result<(), E> {
    fn into_outcome(self) -> Result<(), Error> {
        self.map_err(Into::into)
    }
}

/// Stands for an actor of any type: the context of open commands, the proxy of a name.
///
/// ```
/// fn any(_: &pulsar::Proxy<pulsar::AnyActor>) {}
/// fn same(proxy: &pulsar::Proxy) { any(proxy) }
/// ```
#[derive(Debug)]
pub enum AnyActor {}

/// The messages of [`AnyActor`]: there are none.
#[derive(Debug)]
pub enum NoMessage {}

impl Message for NoMessage {
    fn tag(&self) -> Tag {
        match *self {}
    }

    fn name(&self) -> &'static str {
        match *self {}
    }

    fn encode(&self, _: &mut Encoder<'_>) -> Result<(), EncodeError> {
        match *self {}
    }

    fn decode(tag: Tag, _: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        Err(DecodeError::unknown_command(tag))
    }
}

impl Specified for AnyActor {
    const NAME: &'static str = "any actor";
    const SPECIFICATION: &'static str = "";
    const OPTIONS: Options = Options::new();

    fn encode(&self, _: &mut Encoder<'_>) -> Result<(), EncodeError> {
        match *self {}
    }

    fn decode(_: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        Err(DecodeError::unknown_command(0))
    }
}

impl Actor for AnyActor {
    type Message = NoMessage;
    type Proxy = Proxy;
    const COMMANDS: &'static [Descriptor] = &[];
}

/// The registration of one actor type, so that another process finds it by name.
pub struct ActorEntry {
    pub(crate) name: &'static str,
    pub(crate) fingerprint: u64,
    pub(crate) commands: &'static [Descriptor],
    pub(crate) bear: crate::runner::BearFn,
}

impl ActorEntry {
    /// The entry of `A`.
    pub const fn of<A: Actor>() -> Self {
        Self {
            name: A::NAME,
            fingerprint: fingerprint_of::<A>(),
            commands: A::COMMANDS,
            bear: crate::runner::bear::<A>,
        }
    }
}

impl fmt::Debug for ActorEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ActorEntry").field(&self.name).finish()
    }
}

inventory::collect!(ActorEntry);

/// The actor type with this name, if its crate is linked.
pub(crate) fn find_actor(name: &str) -> Option<&'static ActorEntry> {
    inventory::iter::<ActorEntry>.into_iter().find(|entry| entry.name == name)
}
