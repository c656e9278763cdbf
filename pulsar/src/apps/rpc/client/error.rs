//! Why a call over JSON-RPC brought no value.

use std::fmt;
use std::io;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::apps::rpc::ErrorKind;

/// What the server answered instead of a value.
///
/// ```
/// use pulsar::rpc::{ErrorKind, RpcError};
/// let error = RpcError { code: -32601, message: "Method not found".into(), data: None };
/// assert_eq!(error.kind(), Some(ErrorKind::MethodNotFound));
/// assert_eq!(error.to_string(), "Method not found (-32601)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RpcError {
    /// Its code.
    pub code: i64,
    /// What is said with it.
    pub message: String,
    /// Whatever else is said.
    #[serde(default)]
    pub data: Option<Value>,
}

impl RpcError {
    /// What the code stands for, if it is one that pulsar uses.
    ///
    /// ```
    /// let error = pulsar::rpc::RpcError { code: 7, message: "late".into(), data: None };
    /// assert_eq!(error.kind(), None);
    /// ```
    pub fn kind(&self) -> Option<ErrorKind> {
        ErrorKind::of(self.code)
    }
}

impl fmt::Display for RpcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)?;
        match &self.data {
            Some(Value::String(text)) => write!(f, ": {text}"),
            Some(data) => write!(f, ": {data}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for RpcError {}

/// Why a call brought no value.
///
/// ```
/// use pulsar::rpc::ClientError;
/// assert_eq!(ClientError::Status(404).to_string(), "the server answered with status 404");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ClientError {
    /// That is no address of such a server; the text says why.
    Url(String),
    /// The parameters cannot be sent; the text says why.
    Params(String),
    /// The server could not be reached, or the connection broke.
    Io(io::Error),
    /// No answer in time.
    Timeout {
        /// How long was waited.
        after: Duration,
    },
    /// The server answered with this status of HTTP's, and so not to the call.
    Status(u16),
    /// What the server answered is no answer to the call; the text says why.
    Protocol(String),
    /// The value is not of the type that was expected; the text says why.
    Value(String),
    /// The server answered with an error.
    Rpc(RpcError),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(text) => write!(f, "no address of a server: {text}"),
            Self::Params(text) => write!(f, "the parameters cannot be sent: {text}"),
            Self::Io(error) => write!(f, "the server cannot be reached: {error}"),
            Self::Timeout { after } => write!(f, "no answer within {after:?}"),
            Self::Status(status) => write!(f, "the server answered with status {status}"),
            Self::Protocol(text) => write!(f, "no answer to the call: {text}"),
            Self::Value(text) => write!(f, "the value is of another type: {text}"),
            Self::Rpc(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Rpc(error) => Some(error),
            _ => None,
        }
    }
}
