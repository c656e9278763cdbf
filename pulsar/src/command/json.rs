//! The JSON bridge: any command by its name, with parameters, values and errors as JSON. Owns the registry of what the macros know
//! of each command's types.
//!
//! A call goes the way of a typed one, from the parameters on: nothing is known here of wires and mailboxes.

mod params;

use std::any::TypeId;
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};

pub use params::{JsonParams, ParamError};

use super::{Descriptor, OpenCall, OpenCommand, OpenEntry};
use crate::actor::{Actor, AnyActor, fingerprint_of};
use crate::error::{AskError, ErrorText};
use crate::proxy::Proxy;
use crate::request::{Content, Request};
use crate::wire::Wire;

/// How a command is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    /// Its answer is waited for; for so long, where it is said.
    Ask(Option<Duration>),
    /// It is not.
    Tell(Option<Duration>),
}

impl Manner {
    pub(crate) fn timeout(self) -> Option<Duration> {
        let (Self::Ask(timeout) | Self::Tell(timeout)) = self;
        timeout
    }

    /// The same where so much of the time is over.
    pub(crate) fn after(self, elapsed: Duration) -> Self {
        let left = |timeout: Option<Duration>| timeout.map(|timeout| timeout.saturating_sub(elapsed));
        match self {
            Self::Ask(timeout) => Self::Ask(left(timeout)),
            Self::Tell(timeout) => Self::Tell(left(timeout)),
        }
    }
}

/// What a call ends with: JSON, which a tell does not have; or a failure, in which the command's own error is JSON.
pub(crate) type Outcome = Result<Option<Box<RawValue>>, AskError<Box<RawValue>>>;

type Calling = Pin<Box<dyn Future<Output = Outcome> + Send>>;
type Begin = fn(&Proxy, &'static Descriptor, Box<RawValue>, Manner) -> Result<Calling, ParamError>;

/// One command of an actor's. Implemented by the macro.
#[doc(hidden)]
pub trait JsonCall: 'static {
    /// The actor.
    type Actor: Actor;
    /// Takes the parameters.
    fn message(params: &mut JsonParams<'_>) -> Result<<Self::Actor as Actor>::Message, ParamError>;
}

/// The same of an open command. Implemented by the macro.
#[doc(hidden)]
pub trait JsonOpen: OpenCommand {
    /// Takes the parameters.
    fn command(params: &mut JsonParams<'_>) -> Result<Self, ParamError>;
}

/// One command of an actor's.
#[doc(hidden)]
#[derive(Debug)]
pub struct JsonCommand {
    begin: Begin,
    error: fn() -> TypeId,
}

impl JsonCommand {
    /// That of `C`, which answers with `T` and fails with `E`.
    ///
    /// Generated code asks `Wire` of these, and here what follows from it is asked: so it is missed once only.
    pub const fn of<C, T, E>() -> Self
    where
        C: JsonCall,
        T: Serialize + DeserializeOwned + Send + 'static,
        E: Serialize + DeserializeOwned + Send + 'static,
    {
        Self { begin: begin::<C, T, E>, error: TypeId::of::<E> }
    }
}

/// The registration of an actor's commands.
#[doc(hidden)]
pub struct JsonEntry {
    fingerprint: u64,
    actor: fn() -> TypeId,
    descriptors: &'static [Descriptor],
    /// In the same order.
    commands: &'static [JsonCommand],
}

impl JsonEntry {
    /// That of `A`, with one command for each of its descriptors.
    pub const fn of<A: Actor>(commands: &'static [JsonCommand]) -> Self {
        Self { fingerprint: fingerprint_of::<A>(), actor: TypeId::of::<A>, descriptors: A::COMMANDS, commands }
    }

    /// Its own commands.
    pub(crate) fn descriptors(&self) -> &'static [Descriptor] {
        self.descriptors
    }
}

impl fmt::Debug for JsonEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonEntry").field("commands", &self.commands.len()).finish_non_exhaustive()
    }
}

inventory::collect!(JsonEntry);

/// The registration of an open command.
#[doc(hidden)]
#[derive(Debug)]
pub struct JsonOpenEntry {
    open: OpenEntry,
    descriptor: Descriptor,
    begin: Begin,
    error: fn() -> TypeId,
}

impl JsonOpenEntry {
    /// That of `C`, which answers with `T` and fails with `E`.
    pub const fn of<C, T, E>() -> Self
    where
        C: JsonOpen,
        T: Serialize + DeserializeOwned + Send + 'static,
        E: Serialize + DeserializeOwned + Send + 'static,
    {
        let (open, descriptor) = (OpenEntry::of::<C>(), C::DESCRIPTOR);
        Self { open, descriptor, begin: begin_open::<C, T, E>, error: TypeId::of::<E> }
    }

    fn answers(&self, actor: Option<&JsonEntry>) -> bool {
        actor.map_or_else(|| self.open.is_for_any(), |actor| self.open.answers((actor.actor)()))
    }
}

inventory::collect!(JsonOpenEntry);

/// A command that was found.
#[derive(Clone, Copy)]
pub(crate) struct Bridge {
    descriptor: &'static Descriptor,
    begin: Begin,
    error: fn() -> TypeId,
}

impl Bridge {
    /// Begins a call of it. `proxy` is that of an actor that answers it.
    pub(crate) fn begin(&self, proxy: &Proxy, params: Box<RawValue>, manner: Manner) -> Result<Calling, ParamError> {
        (self.begin)(proxy, self.descriptor, params, manner)
    }

    /// Whether its own error is the text of some other.
    pub(crate) fn fails_with_text(&self) -> bool {
        (self.error)() == TypeId::of::<ErrorText>()
    }
}

/// The actor type with this fingerprint, if its crate is linked.
pub(crate) fn find_json(fingerprint: u64) -> Option<&'static JsonEntry> {
    static BY_FINGERPRINT: OnceLock<HashMap<u64, &'static JsonEntry>> = OnceLock::new();
    let entries = || inventory::iter::<JsonEntry>.into_iter().map(|entry| (entry.fingerprint, entry)).collect();
    BY_FINGERPRINT.get_or_init(entries).get(&fingerprint).copied()
}

/// The command `name` of the actor itself.
pub(crate) fn own_command(actor: &'static JsonEntry, name: &str) -> Option<Bridge> {
    let mut commands = actor.descriptors.iter().zip(actor.commands);
    let (descriptor, command) = commands.find(|(descriptor, _)| descriptor.name == name)?;
    Some(Bridge { descriptor, begin: command.begin, error: command.error })
}

/// The open command `name` that an actor of this type answers, if that is one: the name alone, or with its path.
pub(crate) fn open_command(actor: Option<&JsonEntry>, name: &str) -> Option<Bridge> {
    let mut found = open_entries(actor).filter(|entry| entry.descriptor.name == name || entry.open.name == name);
    let entry = found.next().filter(|_| found.next().is_none())?;
    Some(Bridge { descriptor: &entry.descriptor, begin: entry.begin, error: entry.error })
}

/// What is known of the open commands that an actor of this type answers, by name.
pub(crate) fn open_descriptors(actor: Option<&JsonEntry>) -> Vec<Descriptor> {
    let mut found: Vec<_> = open_entries(actor).map(|entry| (entry.open.name, entry.descriptor)).collect();
    found.sort_by_key(|(full, descriptor)| (descriptor.name, *full));
    found.into_iter().map(|(_, descriptor)| descriptor).collect()
}

fn open_entries(actor: Option<&JsonEntry>) -> impl Iterator<Item = &'static JsonOpenEntry> {
    inventory::iter::<JsonOpenEntry>.into_iter().filter(move |entry| entry.answers(actor))
}

fn begin<C: JsonCall, T: Wire, E: Wire>(
    proxy: &Proxy,
    descriptor: &'static Descriptor,
    given: Box<RawValue>,
    manner: Manner,
) -> Result<Calling, ParamError> {
    let message = JsonParams::read(descriptor, &given, C::message)?;
    let content = Content::Typed(message);
    let mut request = Request::<C::Actor, T, E>::owned(Ok(proxy.retyped()), content);
    if descriptor.idempotent {
        request = request.again_if(move || JsonParams::read(descriptor, &given, C::message).ok());
    }
    Ok(sent(request, manner))
}

fn begin_open<C: JsonOpen, T: Wire, E: Wire>(
    proxy: &Proxy,
    descriptor: &'static Descriptor,
    given: Box<RawValue>,
    manner: Manner,
) -> Result<Calling, ParamError> {
    let command = JsonParams::read(descriptor, &given, C::command)?;
    let content = Content::Open(OpenCall::new(command));
    Ok(sent(Request::<AnyActor, T, E>::owned(Ok(proxy.clone()), content), manner))
}

fn sent<A: Actor, T: Wire, E: Wire>(request: Request<'static, A, T, E>, manner: Manner) -> Calling {
    let request = match manner.timeout() {
        Some(timeout) => request.timeout(timeout),
        None => request,
    };
    Box::pin(async move {
        if matches!(manner, Manner::Tell(_)) {
            return request.tell().await.map(|()| None).map_err(|failure| failure.widen());
        }
        match request.await {
            Ok(value) => json(&value).map(Some),
            Err(AskError::Command(error)) => Err(AskError::Command(json(&error)?)),
            Err(failure) => Err(failure.narrow().widen()),
        }
    })
}

fn json<T: Wire>(value: &T) -> Result<Box<RawValue>, AskError<Box<RawValue>>> {
    to_raw_value(value).map_err(|error| AskError::Unencodable(error.to_string()))
}

/// Registers what it takes to call an actor's commands by name.
#[doc(hidden)]
#[macro_export]
macro_rules! __json_actor {
    ($actor:ty, $message:ident, $({
        $(#[$cfg:meta])* $variant:ident { $($params:tt)* } { $($param:ident: $ty:ty,)* } { $($replies:tt)* } $reply:ty, $error:ty
    })*) => {
        $crate::__private::inventory::submit! {{
            const COMMANDS: &[$crate::__private::JsonCommand] = &[$(
                $(#[$cfg])*
                {
                    enum Call {}
                    impl $crate::__private::JsonCall for Call {
                        type Actor = $actor;
                        fn message(
                            params: &mut $crate::__private::JsonParams<'_>,
                        ) -> ::core::result::Result<$message, $crate::__private::ParamError> {
                            let _ = &params;
                            $($params)*
                            ::core::result::Result::Ok($message::$variant { $($param: params.take::<$ty>()?),* })
                        }
                    }
                    $($replies)*
                    $crate::__private::JsonCommand::of::<Call, $reply, $error>()
                }
            ),*];
            $crate::__private::JsonEntry::of::<$actor>(COMMANDS)
        }}
    };
}

/// The same of an open command.
#[doc(hidden)]
#[macro_export]
macro_rules! __json_open {
    ($command:ident { $($params:tt)* } { $($param:ident: $ty:ty,)* } { $($replies:tt)* } $reply:ty, $error:ty) => {
        impl $crate::__private::JsonOpen for $command {
            fn command(
                params: &mut $crate::__private::JsonParams<'_>,
            ) -> ::core::result::Result<Self, $crate::__private::ParamError> {
                let _ = &params;
                $($params)*
                ::core::result::Result::Ok(Self { $($param: params.take::<$ty>()?),* })
            }
        }
        $crate::__private::inventory::submit! {{
            $($replies)*
            $crate::__private::JsonOpenEntry::of::<$command, $reply, $error>()
        }}
    };
}
