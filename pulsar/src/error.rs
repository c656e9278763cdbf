//! Vocabulary: what can go wrong with an ask, a tell and a spawn. Knows no actor and no transport.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::exit::ExitReason;

/// A result whose error is [`Error`] unless another is named.
///
/// ```
/// fn halve(n: u32) -> pulsar::Result<u32> {
///     if n % 2 == 0 { Ok(n / 2) } else { Err(pulsar::Error::msg("odd")) }
/// }
/// assert!(halve(3).is_err());
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any error, boxed: what hooks and `main` return, so that `?` takes whatever comes.
///
/// It is not itself a `std::error::Error`, which is what allows the conversion from every one of them.
///
/// ```
/// fn port() -> pulsar::Result<u16> {
///     Ok("80a".parse::<u16>()?)
/// }
/// assert_eq!(port().unwrap_err().to_string(), "invalid digit found in string");
/// ```
pub struct Error {
    inner: Box<dyn std::error::Error + Send + Sync>,
    /// The exit code of a program whose `main` returns it.
    code: u8,
}

impl Error {
    /// An error that is only a text.
    ///
    /// ```
    /// assert_eq!(pulsar::Error::msg("no forks left").to_string(), "no forks left");
    /// ```
    pub fn msg(text: impl fmt::Display) -> Self {
        Self::from(ErrorText(text.to_string()))
    }

    /// The same, with the exit code of a program whose `main` returns it: 1, unless told otherwise.
    ///
    /// ```no_run
    /// # async fn connect() -> pulsar::Result<()> { Ok(()) }
    /// #[pulsar::main]
    /// async fn main() -> pulsar::Result<()> {
    ///     connect().await.map_err(|error| error.with_code(69))
    /// }
    /// ```
    pub fn with_code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }

    /// The exit code of a program whose `main` returns it.
    ///
    /// ```
    /// assert_eq!(pulsar::Error::msg("no forks left").code(), 1);
    /// assert_eq!(pulsar::Error::from(pulsar::SpawnError::Stopping).code(), 3); // something could not start
    /// ```
    pub fn code(&self) -> u8 {
        self.code
    }

    /// The error inside, where it is of type `E`.
    ///
    /// ```
    /// let error = pulsar::Error::from(std::fmt::Error);
    /// assert!(error.downcast_ref::<std::fmt::Error>().is_some());
    /// ```
    pub fn downcast_ref<E: std::error::Error + 'static>(&self) -> Option<&E> {
        self.inner.downcast_ref()
    }

    /// The error inside as a trait object.
    ///
    /// ```
    /// assert!(pulsar::Error::msg("x").as_dyn().source().is_none());
    /// ```
    pub fn as_dyn(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        &*self.inner
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        let code = if (&error as &dyn std::any::Any).is::<SpawnError>() { COULD_NOT_START } else { FAILED };
        Self { inner: Box::new(error), code }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.inner, f)?;
        let mut source = self.inner.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

/// The exit code of a program whose `main` failed.
const FAILED: u8 = 1;

/// The exit code of a program of which something could not start (gunicorn's).
const COULD_NOT_START: u8 = 3;

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text of an [`Error`], which can travel: the error of a command that returns `pulsar::Result<T>`.
///
/// ```
/// let text = pulsar::ErrorText::from(pulsar::Error::msg("disk full"));
/// assert_eq!(text.to_string(), "disk full");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorText(String);

impl From<Error> for ErrorText {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Display for ErrorText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ErrorText {}

/// The error of a command that has none: there is no such value.
///
/// ```
/// fn no_error(error: pulsar::AskError) -> bool {
///     !matches!(error, pulsar::AskError::Command(never) if match never {})
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Never {}

impl fmt::Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl std::error::Error for Never {}

/// Whether the actor had begun to handle a message when it died.
///
/// ```
/// use pulsar::{AskError, Started};
///
/// /// Whether asking again could do the work twice.
/// fn is_safe_to_repeat<E>(error: &AskError<E>) -> bool {
///     matches!(error, AskError::ActorDied { started: Started::No, .. } | AskError::Full)
/// }
/// assert!(is_safe_to_repeat(&AskError::<u8>::Full));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Started {
    /// The handler was running: what it did may have happened in part.
    Yes,
    /// It was never handed to the actor: sending it again cannot do the work twice.
    No,
    /// It had left this process, and whether it was taken is not known.
    Unknown,
}

/// Why an ask or a tell brought no value.
///
/// `E` is the command's own error. Everything else is of the delivery, so that a command that failed, a message
/// that did not arrive and an actor that crashed are never mistaken for one another.
///
/// ```
/// use pulsar::AskError;
/// let error: AskError = AskError::UnknownActor { target: "countr".into() };
/// assert_eq!(error.to_string(), "there is no actor `countr`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum AskError<E = Never> {
    /// The command ran and returned this error.
    Command(E),
    /// No answer within the deadline. The message was taken back if it had not been started.
    Timeout {
        /// How long the caller waited.
        after: Duration,
    },
    /// The incarnation that had, or would have had, the message is gone.
    ActorDied {
        /// Why it ended.
        reason: ExitReason,
        /// Whether it had begun to handle this message.
        started: Started,
    },
    /// No actor has this name or id.
    UnknownActor {
        /// The name or id that was addressed.
        target: String,
    },
    /// The actor does not know this command. A crate that nothing refers to registers none of its commands.
    UnknownCommand {
        /// The command's name, or its tag where the name is not known.
        command: String,
    },
    /// The mailbox is full (only `try_tell` says so; everything else waits for room), or 65,536 built-in commands wait.
    Full,
    /// The two ends were built from different declarations.
    Schema(String),
    /// Bytes that are no message, or a message larger than the limits.
    Protocol(String),
    /// The actor dropped the request without answering it.
    NoReply,
    /// An actor asked itself from within a handler, which could never be answered.
    SelfCall,
    /// A value that cannot be encoded.
    Unencodable(String),
    /// There is no arbiter in this process: nothing was started with `#[pulsar::main]`, or it has ended.
    NotRunning,
}

/// An [`AskError`] of which the command's own error is no part.
pub(crate) type Failure = AskError<Never>;

impl Failure {
    pub(crate) fn widen<E>(self) -> AskError<E> {
        match self {
            Self::Command(never) => match never {},
            Self::Timeout { after } => AskError::Timeout { after },
            Self::ActorDied { reason, started } => AskError::ActorDied { reason, started },
            Self::UnknownActor { target } => AskError::UnknownActor { target },
            Self::UnknownCommand { command } => AskError::UnknownCommand { command },
            Self::Full => AskError::Full,
            Self::Schema(text) => AskError::Schema(text),
            Self::Protocol(text) => AskError::Protocol(text),
            Self::NoReply => AskError::NoReply,
            Self::SelfCall => AskError::SelfCall,
            Self::Unencodable(text) => AskError::Unencodable(text),
            Self::NotRunning => AskError::NotRunning,
        }
    }

    pub(crate) fn died(reason: ExitReason, started: Started) -> Self {
        Self::ActorDied { reason, started }
    }
}

impl<E: fmt::Display> fmt::Display for AskError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(error) => fmt::Display::fmt(error, f),
            Self::Timeout { after } => write!(f, "no answer within {after:?}"),
            Self::ActorDied { reason, started } => {
                let when = match started {
                    Started::Yes => "while it handled the message",
                    Started::No => "before it took the message",
                    Started::Unknown => "with the message on its way",
                };
                write!(f, "the actor died {when}: it {reason}")
            }
            Self::UnknownActor { target } => write!(f, "there is no actor `{target}`"),
            Self::UnknownCommand { command } => write!(
                f,
                "the actor does not know the command {command} (a crate that nothing refers to registers none of its commands)"
            ),
            Self::Full => f.write_str("the mailbox is full"),
            Self::Schema(text) => write!(f, "the two ends were built from different declarations: {text}"),
            Self::Protocol(text) => write!(f, "broken message: {text}"),
            Self::NoReply => f.write_str("the actor dropped the request without answering it"),
            Self::SelfCall => f.write_str(
                "an actor asked itself from within a handler, which could never be answered: use `tell`, or `cx.spawn_local`",
            ),
            Self::Unencodable(text) => write!(f, "the message cannot be encoded: {text}"),
            Self::NotRunning => {
                f.write_str("no arbiter is running in this process: begin with #[pulsar::main] or #[pulsar::test]")
            }
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for AskError<E> {}

/// Why an actor was not spawned.
///
/// ```
/// use pulsar::SpawnError;
/// let error = SpawnError::NameTaken { name: "counter".into() };
/// assert_eq!(error.to_string(), "the name `counter` is taken by another actor");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SpawnError {
    /// Another actor of the program has this name.
    NameTaken {
        /// The name asked for.
        name: String,
    },
    /// It did not become ready: its `start` hook failed, it died or it kept silent for `start_timeout`.
    Failed {
        /// Why its first incarnation ended.
        reason: ExitReason,
    },
    /// A child of the supervisor did not become ready, so the whole did not.
    Child {
        /// Which child.
        name: String,
        /// Why its first incarnation ended.
        reason: ExitReason,
    },
    /// The process that was to run it knows no such actor: the crate that declares it is not linked there.
    NotRegistered {
        /// The actor's full name.
        actor: String,
    },
    /// A setting makes no sense; the text says which and what is allowed.
    Invalid(String),
    /// A task actor lives on the loop of whoever spawns it, and this thread has none.
    NoLoop,
    /// The program is stopping.
    Stopping,
    /// The two ends were built from different declarations.
    Schema(String),
    /// The request did not reach the arbiter, or its answer did not come back.
    Ask(Box<AskError>),
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameTaken { name } => write!(f, "the name `{name}` is taken by another actor"),
            Self::Failed { reason } => write!(f, "the actor did not become ready: it {reason}"),
            Self::Child { name, reason } => write!(f, "the child `{name}` did not become ready: it {reason}"),
            Self::NotRegistered { actor } => {
                write!(f, "no actor `{actor}` is registered: refer to the crate that declares it, so that it is linked")
            }
            Self::Invalid(text) => f.write_str(text),
            Self::NoLoop => f.write_str(
                "a task actor lives on the loop of whoever spawns it, and this thread has none: spawn it from an actor or from `main`",
            ),
            Self::Stopping => f.write_str("the program is stopping"),
            Self::Schema(text) => write!(f, "the two ends were built from different declarations: {text}"),
            Self::Ask(error) => write!(f, "the arbiter did not answer: {error}"),
        }
    }
}

impl std::error::Error for SpawnError {}

impl From<AskError<Self>> for SpawnError {
    fn from(error: AskError<Self>) -> Self {
        match error {
            AskError::Command(error) => error,
            other => Self::Ask(Box::new(other.narrow())),
        }
    }
}

impl<E> AskError<E> {
    /// The same failure without the command's own error (which the caller has already looked at).
    pub(crate) fn narrow(self) -> Failure {
        match self {
            Self::Command(_) => Failure::NoReply,
            Self::Timeout { after } => Failure::Timeout { after },
            Self::ActorDied { reason, started } => Failure::ActorDied { reason, started },
            Self::UnknownActor { target } => Failure::UnknownActor { target },
            Self::UnknownCommand { command } => Failure::UnknownCommand { command },
            Self::Full => Failure::Full,
            Self::Schema(text) => Failure::Schema(text),
            Self::Protocol(text) => Failure::Protocol(text),
            Self::NoReply => Failure::NoReply,
            Self::SelfCall => Failure::SelfCall,
            Self::Unencodable(text) => Failure::Unencodable(text),
            Self::NotRunning => Failure::NotRunning,
        }
    }
}
