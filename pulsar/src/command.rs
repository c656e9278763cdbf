//! Commands: what can be asked of an actor. The open ones, registered by free functions, and the built-in verbs.
//!
//! Must not know where an actor runs.

#[cfg(feature = "json")]
mod json;
mod open;
mod verb;

#[cfg(feature = "json")]
pub use json::{JsonCall, JsonCommand, JsonEntry, JsonOpen, JsonOpenEntry, JsonParams, ParamError};
#[cfg(feature = "json")]
pub(crate) use json::{Manner, find_json, open_command, open_descriptors, own_command};
pub use open::{CommandFor, Descriptor, On, OpenCommand, OpenEntry, Param};
pub(crate) use open::{OpenCall, find_open};
pub use verb::{BuiltIn, ConfigError, config_get, config_set, echo, info, kill_actor, notify, ping, run, spawn, stop};
pub(crate) use verb::{Found, Internal, Order, SpawnRequest, Verb};

use crate::wire::Wire;

/// Something that can be sent to an actor through any proxy: an open command or a built-in one.
///
/// Implemented by what a free `#[command] fn` makes and by the verbs of [`command`](mod@crate::command); never by hand.
///
/// As a bound it stands for "anything that can be sent":
///
/// ```no_run
/// use pulsar::prelude::*;
/// use pulsar::command::{Command, CommandFor};
///
/// async fn sent<C: Command + CommandFor<pulsar::AnyActor>>(to: Proxy, command: C) -> Result<(), AskError> {
///     to.send(command).tell().await
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no command",
    label = "send what a `#[command] fn` makes, such as `greet(\"Ada\")`, or a verb of `pulsar::command`, such as `ping()`"
)]
pub trait Command: Sized + Send + 'static {
    /// What it answers.
    type Reply: Wire;
    /// Its own error.
    type Error: Wire;
    #[doc(hidden)]
    fn into_payload(self) -> CommandPayload;
}

/// What a command sends.
#[doc(hidden)]
pub struct CommandPayload(pub(crate) Payload);

impl std::fmt::Debug for CommandPayload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CommandPayload")
    }
}

pub(crate) enum Payload {
    Open(OpenCall),
    Verb(Box<Verb>),
}

impl<C: OpenCommand> Command for C
where
    C::Reply: Wire,
    C::Error: Wire,
{
    type Reply = C::Reply;
    type Error = C::Error;

    fn into_payload(self) -> CommandPayload {
        CommandPayload(Payload::Open(OpenCall::new(self)))
    }
}
