//! Answers of JSON-RPC as text: results, and errors with their codes. What is said of an error is decided here: nothing internal.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::command::ParamError;
use crate::error::{AskError, Started};

/// What an error is, as its code says: those of the specification, and the server's own.
///
/// ```
/// use pulsar::rpc::ErrorKind;
/// assert_eq!(ErrorKind::of(-32601), Some(ErrorKind::MethodNotFound));
/// assert_eq!(ErrorKind::Timeout.code(), -32002);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// -32700: it is no JSON.
    Parse,
    /// -32600: it is no request.
    InvalidRequest,
    /// -32601: no such actor is mounted, or it has no such command.
    MethodNotFound,
    /// -32602: the parameters are not those of the command; `data` says which is wrong, and how.
    InvalidParams,
    /// -32603: the server is at fault; its log says how.
    Internal,
    /// -32000: the command ran and failed; `data` is its own error, if that has a type of its own.
    Command,
    /// -32001: the actor died; `data` is whether it had begun: `{"started": "yes"}`, `"no"` or `"unknown"`.
    ActorDied,
    /// -32002: no answer in time.
    Timeout,
    /// -32003: too much is waiting.
    Overloaded,
    /// -32004: the actor is not there.
    Unavailable,
}

/// Each with its code and what is said.
const KINDS: [(ErrorKind, i64, &str); 10] = [
    (ErrorKind::Parse, -32700, "Parse error"),
    (ErrorKind::InvalidRequest, -32600, "Invalid Request"),
    (ErrorKind::MethodNotFound, -32601, "Method not found"),
    (ErrorKind::InvalidParams, -32602, "Invalid params"),
    (ErrorKind::Internal, -32603, "Internal error"),
    (ErrorKind::Command, -32000, "Command failed"),
    (ErrorKind::ActorDied, -32001, "Actor died"),
    (ErrorKind::Timeout, -32002, "Timeout"),
    (ErrorKind::Overloaded, -32003, "Overloaded"),
    (ErrorKind::Unavailable, -32004, "Unavailable"),
];

impl ErrorKind {
    /// The kind with this code, if it is one of these.
    ///
    /// ```
    /// assert_eq!(pulsar::rpc::ErrorKind::of(1), None);
    /// ```
    pub fn of(code: i64) -> Option<Self> {
        KINDS.iter().find(|(_, known, _)| *known == code).map(|(kind, ..)| *kind)
    }

    /// Its code.
    ///
    /// ```
    /// assert_eq!(pulsar::rpc::ErrorKind::Parse.code(), -32700);
    /// ```
    pub fn code(self) -> i64 {
        self.row().0
    }

    /// What is said with it.
    ///
    /// ```
    /// assert_eq!(pulsar::rpc::ErrorKind::InvalidRequest.message(), "Invalid Request");
    /// ```
    pub fn message(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> (i64, &'static str) {
        let row = KINDS.iter().find(|(kind, ..)| *kind == self);
        row.map_or((-32603, "Internal error"), |(_, code, message)| (*code, message))
    }
}

/// An error, on its way to whoever called.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) kind: ErrorKind,
    pub(super) data: Option<Box<RawValue>>,
}

impl Fault {
    pub(super) fn with(kind: ErrorKind, data: &(impl Serialize + ?Sized)) -> Self {
        Self { kind, data: to_raw_value(data).ok() }
    }

    pub(super) fn params(error: &ParamError) -> Self {
        Self::with(ErrorKind::InvalidParams, &error.to_string())
    }
}

impl From<ErrorKind> for Fault {
    fn from(kind: ErrorKind) -> Self {
        Self { kind, data: None }
    }
}

impl From<&AskError> for Fault {
    fn from(error: &AskError) -> Self {
        #[derive(Serialize)]
        struct Death {
            started: &'static str,
        }
        match error {
            AskError::Timeout { .. } => ErrorKind::Timeout.into(),
            AskError::ActorDied { started, .. } => {
                let started = match started {
                    Started::Yes => "yes",
                    Started::No => "no",
                    Started::Unknown => "unknown",
                };
                Self::with(ErrorKind::ActorDied, &Death { started })
            }
            AskError::Full => ErrorKind::Overloaded.into(),
            AskError::UnknownActor { .. } => ErrorKind::Unavailable.into(),
            AskError::UnknownCommand { .. } => ErrorKind::MethodNotFound.into(),
            _ => ErrorKind::Internal.into(),
        }
    }
}

/// Appends one answer. Without an id, that could not be told.
pub(super) fn write(out: &mut String, id: Option<&RawValue>, answer: &Result<Box<RawValue>, Fault>) {
    out.push_str(r#"{"jsonrpc":"2.0","#);
    match answer {
        Ok(value) => {
            out.push_str(r#""result":"#);
            out.push_str(value.get());
        }
        Err(fault) => {
            let (code, message) = fault.kind.row();
            out.push_str(r#""error":{"code":"#);
            out.push_str(&code.to_string());
            out.push_str(r#","message":""#);
            out.push_str(message);
            out.push('"');
            if let Some(data) = &fault.data {
                out.push_str(r#","data":"#);
                out.push_str(data.get());
            }
            out.push('}');
        }
    }
    out.push_str(r#","id":"#);
    out.push_str(id.map_or("null", RawValue::get));
    out.push('}');
}
