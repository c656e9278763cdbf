//! Any command of any actor by name, with JSON. What is known of the commands' types, `command::json` knows.

use std::any::TypeId;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::{Duration, Instant};

use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::Proxy;
use crate::actor::{Actor, AnyActor};
use crate::command::{Descriptor, JsonEntry, Manner, ParamError};
use crate::command::{find_json, open_command, open_descriptors, own_command};
use crate::error::AskError;

impl<A: Actor> Proxy<A> {
    /// Calls a command by its name, with parameters by place (an array) or by name (an object); `null` for none. With feature `json`.
    ///
    /// Any command: one of the actor's own, or an open one that it answers, which is called by its name alone or, where several
    /// have that, with its path. The type of the actor need not be known here, so this works on what [`find`](crate::find) gives.
    /// A parameter that may be null may be left out.
    ///
    /// ```no_run
    /// use pulsar::prelude::*;
    /// use serde_json::json;
    ///
    /// # async fn doc() -> Result<()> {
    /// let counter = find("counter").await?;
    /// assert_eq!(counter.call("add", json!([2])).await?, json!(2));
    /// assert_eq!(counter.call("add", json!({"n": 3})).await?, json!(5));
    /// counter.call("add", json!([1])).tell().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallError`], which keeps what is wrong with the call, what the command itself says and what became of the delivery apart.
    ///
    /// # Cancel safety
    ///
    /// As of a [`Request`](crate::Request).
    pub fn call(&self, command: impl Into<String>, params: Value) -> Call {
        Call { callee: Callee::of(self), command: command.into(), params, timeout: None }
    }

    /// What is known of the commands that can be [called](Self::call): the actor's own in the order in which they are declared, then
    /// the open ones by name. With feature `json`.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # async fn doc() -> Result<()> {
    /// for command in find("counter").await?.commands().await? {
    ///     println!("{}: {}", command.name, command.doc);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`AskError`]: what the actor is was not known here, and it could not be asked.
    ///
    /// # Cancel safety
    ///
    /// Nothing is changed by it; ask again.
    pub async fn commands(&self) -> Result<Vec<Descriptor>, AskError> {
        let actor = Callee::of(self).actor(None).await?;
        let own = actor.map_or(&[][..], JsonEntry::descriptors);
        Ok(own.iter().copied().chain(open_descriptors(actor)).collect())
    }
}

/// A command on its way to an actor, by name: await it to ask.
///
/// ```no_run
/// # async fn doc(counter: pulsar::Proxy) -> Result<(), pulsar::CallError> {
/// use std::time::Duration;
/// use serde_json::json;
///
/// counter.call("add", json!([1])).timeout(Duration::from_millis(50)).await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "a call does nothing before it is awaited"]
pub struct Call {
    callee: Callee,
    command: String,
    params: Value,
    timeout: Option<Duration>,
}

impl Call {
    /// How long to wait, instead of 5 s. A shorter inherited deadline still stands.
    ///
    /// ```no_run
    /// # async fn doc(counter: pulsar::Proxy) -> Result<(), pulsar::CallError> {
    /// counter.call("total", serde_json::Value::Null).timeout(std::time::Duration::from_secs(1)).await?;
    /// # Ok(()) }
    /// ```
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    /// Sends it without waiting for an answer; waits only for room in the mailbox, within the same deadline.
    ///
    /// ```no_run
    /// # async fn doc(counter: pulsar::Proxy) -> Result<(), pulsar::CallError> {
    /// counter.call("add", serde_json::json!([1])).tell().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallError`], but none of the command's own.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is done, nothing is sent.
    pub async fn tell(self) -> Result<(), CallError> {
        self.sent(true).await.map(drop)
    }

    async fn sent(self, tell: bool) -> Result<Value, CallError> {
        let params = to_raw_value(&self.params).map_err(|error| CallError::Params(ParamError::all(error)))?;
        let manner = if tell { Manner::Tell(self.timeout) } else { Manner::Ask(self.timeout) };
        match self.callee.call(&self.command, params, manner, true).await {
            Ok(value) => value.map_or(Ok(Value::Null), |value| parsed(&value)),
            Err(Refusal::UnknownCommand) => {
                Err(CallError::UnknownCommand { actor: self.callee.proxy.name(), command: self.command })
            }
            Err(Refusal::Params(error)) => Err(CallError::Params(error)),
            Err(Refusal::Command { error, .. }) => Err(CallError::Command(parsed(&error)?)),
            Err(Refusal::Ask(error)) => Err(CallError::Ask(error)),
        }
    }
}

impl IntoFuture for Call {
    type Output = Result<Value, CallError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.sent(false))
    }
}

/// Why a command that was called by name brought no value.
///
/// ```
/// use pulsar::CallError;
/// let error = CallError::UnknownCommand { actor: "counter".into(), command: "ad".into() };
/// assert_eq!(error.to_string(), "`counter` has no command `ad`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError {
    /// The actor has no command of this name, or several open ones.
    UnknownCommand {
        /// The actor's name, or its id.
        actor: String,
        /// What was called.
        command: String,
    },
    /// The parameters are not those of the command. Nothing was sent.
    Params(ParamError),
    /// The command ran and returned this error.
    Command(Value),
    /// No answer came, as of any [`Request`](crate::Request).
    Ask(AskError),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCommand { actor, command } => write!(f, "`{actor}` has no command `{command}`"),
            Self::Params(error) => fmt::Display::fmt(error, f),
            Self::Command(Value::String(error)) => f.write_str(error),
            Self::Command(error) => fmt::Display::fmt(error, f),
            Self::Ask(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl std::error::Error for CallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Params(error) => Some(error),
            Self::Ask(error) => Some(error),
            Self::UnknownCommand { .. } | Self::Command(_) => None,
        }
    }
}

/// Whose commands are called by name.
#[derive(Clone, Debug)]
pub(crate) struct Callee {
    pub(crate) proxy: Proxy,
    /// The fingerprint of its type, where that is known.
    known: Option<u64>,
}

/// What became of a call, where it brought no value.
pub(crate) enum Refusal {
    UnknownCommand,
    Params(ParamError),
    Command {
        error: Box<RawValue>,
        /// It is the text of some error, not one of a type of its own.
        #[cfg_attr(not(feature = "rpc"), expect(dead_code, reason = "only strangers are not told a text"))]
        text: bool,
    },
    Ask(AskError),
}

impl Callee {
    pub(crate) fn of<A: Actor>(proxy: &Proxy<A>) -> Self {
        let known = (TypeId::of::<A>() != TypeId::of::<AnyActor>()).then(|| proxy.fingerprint());
        Self { proxy: proxy.untyped(), known }
    }

    /// Its type, where that has commands of its own. One of which nothing is known yet is pinged.
    pub(crate) async fn actor(&self, timeout: Option<Duration>) -> Result<Option<&'static JsonEntry>, AskError> {
        let described = || self.proxy.address().fingerprint().filter(|&fingerprint| fingerprint != 0);
        let known = || self.known.or_else(described);
        if known().is_none() {
            let ping = self.proxy.ping();
            match timeout {
                Some(timeout) => ping.timeout(timeout).await?,
                None => ping.await?,
            };
        }
        Ok(known().and_then(find_json))
    }

    /// Calls one of its own commands, or an `open` one. The answer is JSON; a tell has none.
    pub(crate) async fn call(
        &self,
        command: &str,
        params: Box<RawValue>,
        manner: Manner,
        open: bool,
    ) -> Result<Option<Box<RawValue>>, Refusal> {
        let began = Instant::now();
        let actor = self.actor(manner.timeout()).await.map_err(Refusal::Ask)?;
        let own = actor.and_then(|actor| own_command(actor, command));
        let bridge = own.or_else(|| open_command(actor, command).filter(|_| open)).ok_or(Refusal::UnknownCommand)?;
        let manner = manner.after(began.elapsed());
        let calling = bridge.begin(&self.proxy, params, manner).map_err(Refusal::Params)?;
        calling.await.map_err(|failure| match failure {
            AskError::Command(error) => Refusal::Command { error, text: bridge.fails_with_text() },
            failure => Refusal::Ask(failure.narrow()),
        })
    }
}

fn parsed(json: &RawValue) -> Result<Value, CallError> {
    serde_json::from_str(json.get()).map_err(|error| CallError::Ask(AskError::Unencodable(error.to_string())))
}
