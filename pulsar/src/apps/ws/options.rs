//! What may be set for a session: limits and times, with their defaults. Knows nothing of sockets.

use std::time::Duration;

use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// Limits and times of a session, the same for a server and a client.
///
/// | Option | Default | What happens beyond |
/// | --- | --- | --- |
/// | [`max_message`](Self::max_message) | 1 MiB | closed with 1009 |
/// | [`max_frame`](Self::max_frame) | as `max_message` | closed with 1009, before it is read |
/// | [`read_buffer`](Self::read_buffer) | 1 MiB | nothing more is read until the handler has taken some |
/// | [`write_buffer`](Self::write_buffer) | 1 MiB | `send` waits, `try_send` says `Full` |
/// | [`ping_every`](Self::ping_every) | 20 s | |
/// | [`pong_within`](Self::pong_within) | 20 s | closed with 1001, `the peer did not answer a ping` |
/// | [`idle_timeout`](Self::idle_timeout) | none | closed with 1001 |
/// | [`write_timeout`](Self::write_timeout) | 30 s | dropped |
/// | [`close_timeout`](Self::close_timeout) | 5 s | dropped |
///
/// ```
/// use std::time::Duration;
/// use pulsar::ws::Options;
///
/// let options = Options::new().max_message(64 << 10).idle_timeout(Duration::from_secs(300)).protocols(["chat.v2", "chat.v1"]);
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    pub(super) max_message: usize,
    pub(super) max_frame: Option<usize>,
    pub(super) read_buffer: usize,
    pub(super) write_buffer: usize,
    pub(super) ping_every: Option<Duration>,
    pub(super) pong_within: Duration,
    pub(super) idle_timeout: Option<Duration>,
    pub(super) write_timeout: Duration,
    pub(super) close_timeout: Duration,
    pub(super) protocols: Vec<String>,
}

/// What a connection reads at once. It is allocated for each, so it is small.
const READ_AT_ONCE: usize = 16 << 10;

/// From how many bytes on what is to be written is written at once. What is less goes together.
const WRITE_AT_ONCE: usize = 16 << 10;

impl Default for Options {
    fn default() -> Self {
        Self {
            max_message: 1 << 20,
            max_frame: None,
            read_buffer: 1 << 20,
            write_buffer: 1 << 20,
            ping_every: Some(Duration::from_secs(20)),
            pong_within: Duration::from_secs(20),
            idle_timeout: None,
            write_timeout: Duration::from_secs(30),
            close_timeout: Duration::from_secs(5),
            protocols: Vec::new(),
        }
    }
}

impl Options {
    /// The defaults.
    ///
    /// ```
    /// let options = pulsar::ws::Options::new();
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The largest message that is received, in bytes: 1 MiB.
    ///
    /// ```
    /// let options = pulsar::ws::Options::new().max_message(16 << 20);
    /// ```
    pub fn max_message(mut self, bytes: usize) -> Self {
        self.max_message = bytes;
        self
    }

    /// The largest frame that is received, in bytes: as the largest message, unless set.
    ///
    /// ```
    /// let options = pulsar::ws::Options::new().max_frame(64 << 10);
    /// ```
    pub fn max_frame(mut self, bytes: usize) -> Self {
        self.max_frame = Some(bytes);
        self
    }

    /// How much may wait for the handler, in bytes (a message counts for 64 more than it has): 1 MiB. One message is received
    /// whatever its size.
    ///
    /// ```
    /// let options = pulsar::ws::Options::new().read_buffer(64 << 10);
    /// ```
    pub fn read_buffer(mut self, bytes: usize) -> Self {
        self.read_buffer = bytes;
        self
    }

    /// How much may wait to be sent, in bytes (a message counts for 64 more than it has): 1 MiB. A message that is larger is sent when
    /// nothing else waits. So a peer that reads slowly costs this much memory, or one message, and no more.
    ///
    /// ```
    /// let options = pulsar::ws::Options::new().write_buffer(4 << 20);
    /// ```
    pub fn write_buffer(mut self, bytes: usize) -> Self {
        self.write_buffer = bytes;
        self
    }

    /// How long the peer may be silent before it is pinged: 20 s; `None`: it never is.
    ///
    /// ```
    /// let options = pulsar::ws::Options::new().ping_every(None);
    /// ```
    pub fn ping_every(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.ping_every = time.into();
        self
    }

    /// How long the peer may take to answer a ping, with anything at all: 20 s. Then it is closed with 1001.
    ///
    /// ```
    /// let options = pulsar::ws::Options::new().pong_within(std::time::Duration::from_secs(5));
    /// ```
    pub fn pong_within(mut self, time: Duration) -> Self {
        self.pong_within = time;
        self
    }

    /// How long there may be no message in either direction (pings and pongs are none): for ever, unless set. Then it is closed
    /// with 1001.
    ///
    /// ```
    /// let options = pulsar::ws::Options::new().idle_timeout(std::time::Duration::from_secs(600));
    /// ```
    pub fn idle_timeout(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.idle_timeout = time.into();
        self
    }

    /// How long the peer may take to read what has been written to it: 30 s. Then the connection is dropped, for a close
    /// would have to wait its turn.
    ///
    /// ```
    /// let options = pulsar::ws::Options::new().write_timeout(std::time::Duration::from_secs(10));
    /// ```
    pub fn write_timeout(mut self, time: Duration) -> Self {
        self.write_timeout = time;
        self
    }

    /// How long the peer may take to answer a close: 5 s. Then the connection is dropped.
    ///
    /// ```
    /// let options = pulsar::ws::Options::new().close_timeout(std::time::Duration::from_secs(1));
    /// ```
    pub fn close_timeout(mut self, time: Duration) -> Self {
        self.close_timeout = time;
        self
    }

    /// Subprotocols, the preferred one first: none. A server chooses the first that the client offers too, and goes without one where
    /// there is none; a client offers them.
    ///
    /// ```
    /// let options = pulsar::ws::Options::new().protocols(["chat.v2", "chat.v1"]);
    /// ```
    pub fn protocols(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.protocols = names.into_iter().map(Into::into).collect();
        self
    }

    /// As the library wants them. What waits to be written is bounded by the session, so the library's own bound is none.
    pub(super) fn config(&self) -> WebSocketConfig {
        WebSocketConfig::default()
            .read_buffer_size(READ_AT_ONCE)
            .write_buffer_size(WRITE_AT_ONCE)
            .max_message_size(Some(self.max_message))
            .max_frame_size(Some(self.max_frame.unwrap_or(self.max_message)))
    }
}
