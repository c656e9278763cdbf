//! How a session ends: the codes, and what is left to know when it has. Knows nothing of sockets.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a connection is closed, as a number of RFC 6455, section 7.4.
///
/// ```
/// use pulsar::ws::CloseCode;
/// assert_eq!(CloseCode::AWAY.number(), 1001);
/// assert!(CloseCode::from(4000).may_be_sent());
/// assert!(!CloseCode::ABNORMAL.may_be_sent());
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct CloseCode(u16);

impl CloseCode {
    /// 1000: all is said.
    pub const NORMAL: Self = Self(1000);
    /// 1001: a server that ends, or a browser that left the page.
    pub const AWAY: Self = Self(1001);
    /// 1002: against the protocol.
    pub const PROTOCOL: Self = Self(1002);
    /// 1003: a kind of message that is not understood.
    pub const UNSUPPORTED: Self = Self(1003);
    /// 1005: the peer closed without a code. Never sent.
    pub const NO_STATUS: Self = Self(1005);
    /// 1006: the connection was lost without a close. Never sent.
    pub const ABNORMAL: Self = Self(1006);
    /// 1007: text that is no UTF-8.
    pub const INVALID: Self = Self(1007);
    /// 1008: against the rules of this server, such as to read too slowly.
    pub const POLICY: Self = Self(1008);
    /// 1009: a message that is too big.
    pub const TOO_BIG: Self = Self(1009);
    /// 1011: the server met with an error.
    pub const ERROR: Self = Self(1011);
    /// 1012: the server is restarted: come again.
    pub const RESTART: Self = Self(1012);
    /// 1013: too busy: come again later.
    pub const TRY_AGAIN: Self = Self(1013);

    /// The number.
    ///
    /// ```
    /// assert_eq!(pulsar::ws::CloseCode::NORMAL.number(), 1000);
    /// ```
    pub const fn number(self) -> u16 {
        self.0
    }

    /// Whether it may stand in a close frame: 1000 to 1003, 1007 to 1014, 3000 to 4999.
    ///
    /// ```
    /// assert!(!pulsar::ws::CloseCode::from(999).may_be_sent());
    /// ```
    pub const fn may_be_sent(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

impl From<u16> for CloseCode {
    fn from(number: u16) -> Self {
        Self(number)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who ended a session.
///
/// ```
/// assert_ne!(pulsar::ws::By::Peer, pulsar::ws::By::Us);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum By {
    /// The peer sent a close first.
    Peer,
    /// This side did: it was told to, or the peer broke a rule or a limit, was silent or did not read.
    Us,
    /// Nobody: the connection was lost.
    Nobody,
}

/// The end of a session: what [`recv`](super::WebSocket::recv) says when nothing more comes.
///
/// ```
/// use pulsar::ws::{By, CloseCode, WebSocket};
///
/// async fn listen(mut socket: WebSocket) {
///     let closed = loop {
///         match socket.recv().await {
///             Ok(message) => println!("{message:?}"),
///             Err(closed) => break closed,
///         }
///     };
///     if closed.by == By::Peer && closed.code == CloseCode::NORMAL {
///         println!("it is content: {}", closed.reason);
///     }
/// }
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Closed {
    /// The code: of the peer's close frame, or of ours where this side was first; [`CloseCode::NO_STATUS`] for a close without one,
    /// [`CloseCode::ABNORMAL`] where the connection was lost.
    pub code: CloseCode,
    /// What was said with it, or what went wrong.
    pub reason: String,
    /// Who began.
    pub by: By,
}

impl Closed {
    pub(super) fn new(by: By, code: CloseCode, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into(), by }
    }

    pub(super) fn lost(reason: impl Into<String>) -> Self {
        Self::new(By::Nobody, CloseCode::ABNORMAL, reason)
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = match self.by {
            By::Peer => "closed by the peer",
            By::Us => "closed by this side",
            By::Nobody => "lost",
        };
        write!(f, "the connection was {who} ({})", self.code)?;
        if self.reason.is_empty() { Ok(()) } else { write!(f, ": {}", self.reason) }
    }
}

impl std::error::Error for Closed {}
