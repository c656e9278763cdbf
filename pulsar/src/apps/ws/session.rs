//! The handles on a session: the whole, and its halves. Knows of the connection only what its driver takes and gives.

use std::fmt;
use std::sync::{Arc, OnceLock};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, mpsc};
use tokio_tungstenite::{WebSocketStream, tungstenite::protocol::Role};

use super::{
    close::{CloseCode, Closed},
    drain::Drain,
    driver::Driver,
    message::Message,
    options::Options,
};

/// What a message counts for beside its bytes, where what waits is bounded: so many that are empty are bounded too.
const OVERHEAD: usize = 64;

/// An open session.
///
/// Received is what the peer sends, in order; pings and pongs are not seen. It ends when it is dropped (with its [halves](Self::split)),
/// with code 1000.
///
/// ```no_run
/// use pulsar::ws;
///
/// # async fn doc() -> Result<(), Box<dyn std::error::Error>> {
/// let mut socket = ws::connect("ws://127.0.0.1:8060/echo").await?;
/// socket.send("hello").await?;
/// assert_eq!(socket.recv().await?.as_text(), Some("hello"));
/// socket.close(ws::CloseCode::NORMAL, "").await;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct WebSocket {
    sender: Sender,
    receiver: Receiver,
}

impl WebSocket {
    /// A session on a connection on which the handshake is done. Its driver is a task of this runtime.
    pub(super) async fn over<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
        stream: S,
        role: Role,
        options: &Options,
        protocol: Option<String>,
        drain: Option<Drain>,
    ) -> Self {
        let stream = WebSocketStream::from_raw_socket(stream, role, Some(options.config())).await;
        Self::on(stream, options, protocol, drain)
    }

    pub(super) fn on<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
        stream: WebSocketStream<S>,
        options: &Options,
        protocol: Option<String>,
        drain: Option<Drain>,
    ) -> Self {
        let (orders, ordered) = mpsc::unbounded_channel();
        let (arrived, arrivals) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared { room: Budget::new(options.write_buffer), closed: OnceLock::new(), protocol });
        let driver = Driver::new(stream, options, ordered, arrived, shared.clone(), drain);
        tokio::spawn(driver.run());
        let sender = Sender { orders, shared };
        Self { receiver: Receiver { arrivals, sender: sender.clone() }, sender }
    }

    /// The next message; waits until there is one.
    ///
    /// # Errors
    ///
    /// [`Closed`]: the session has ended, and all that came before it was returned.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no message is lost.
    ///
    /// ```
    /// async fn listen(mut socket: pulsar::ws::WebSocket) {
    ///     while let Ok(message) = socket.recv().await {
    ///         println!("{message:?}");
    ///     }
    /// }
    /// ```
    pub async fn recv(&mut self) -> Result<Message, Closed> {
        self.receiver.recv().await
    }

    /// Sends a message: see [`Sender::send`].
    ///
    /// # Errors
    ///
    /// [`SendError`]: the session has ended.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it resolved, nothing is sent.
    ///
    /// ```
    /// async fn greet(socket: &pulsar::ws::WebSocket) -> Result<(), pulsar::ws::SendError> {
    ///     socket.send("hello").await
    /// }
    /// ```
    pub async fn send(&self, message: impl Into<Message>) -> Result<(), SendError> {
        self.sender.send(message).await
    }

    /// Closes the session, and waits until that is done: see [`Sender::close`].
    ///
    /// # Cancel safety
    ///
    /// Once polled, it is closed all the same.
    ///
    /// ```
    /// async fn leave(socket: pulsar::ws::WebSocket) {
    ///     let closed = socket.close(pulsar::ws::CloseCode::NORMAL, "good bye").await;
    ///     println!("{closed}");
    /// }
    /// ```
    pub async fn close(&self, code: CloseCode, reason: impl Into<String>) -> Closed {
        self.sender.close(code, reason).await
    }

    /// The subprotocol that was agreed on.
    ///
    /// ```
    /// fn is_new(socket: &pulsar::ws::WebSocket) -> bool {
    ///     socket.protocol() == Some("chat.v2")
    /// }
    /// ```
    pub fn protocol(&self) -> Option<&str> {
        self.sender.shared.protocol.as_deref()
    }

    /// One more handle to send with.
    ///
    /// ```
    /// fn clock(socket: &pulsar::ws::WebSocket) {
    ///     let sender = socket.sender();
    ///     tokio::spawn(async move { while sender.send("tick").await.is_ok() {} });
    /// }
    /// ```
    pub fn sender(&self) -> Sender {
        self.sender.clone()
    }

    /// For a room: it does not keep the session open.
    pub(super) fn sender_of_room(&self) -> WeakSender {
        WeakSender { orders: self.sender.orders.downgrade(), shared: self.sender.shared.clone() }
    }

    /// The two halves, for two tasks.
    ///
    /// ```
    /// async fn both(socket: pulsar::ws::WebSocket) {
    ///     let (sender, mut receiver) = socket.split();
    ///     tokio::spawn(async move { sender.send("hello").await });
    ///     while receiver.recv().await.is_ok() {}
    /// }
    /// ```
    pub fn split(self) -> (Sender, Receiver) {
        (self.sender, self.receiver)
    }
}

/// The half of a session that receives.
///
/// ```
/// async fn count(mut receiver: pulsar::ws::Receiver) -> usize {
///     let mut count = 0;
///     while receiver.recv().await.is_ok() {
///         count += 1;
///     }
///     count
/// }
/// ```
#[derive(Debug)]
pub struct Receiver {
    arrivals: mpsc::UnboundedReceiver<Arrival>,
    sender: Sender,
}

impl Receiver {
    /// The next message: see [`WebSocket::recv`].
    ///
    /// # Errors
    ///
    /// [`Closed`]: the session has ended, and all that came before it was returned.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no message is lost.
    ///
    /// ```
    /// async fn first(receiver: &mut pulsar::ws::Receiver) -> Result<pulsar::ws::Message, pulsar::ws::Closed> {
    ///     receiver.recv().await
    /// }
    /// ```
    pub async fn recv(&mut self) -> Result<Message, Closed> {
        match self.arrivals.recv().await {
            Some(arrival) => Ok(arrival.message),
            None => Err(self.sender.shared.closed()),
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // The peer learns that it was not content with it.
            let _ = self.sender.orders.send(Order::Close(CloseCode::ERROR, String::new()));
        }
    }
}

/// The half of a session that sends. Cheap to clone.
///
/// ```
/// async fn greet(sender: pulsar::ws::Sender) -> Result<(), pulsar::ws::SendError> {
///     sender.send("hello").await
/// }
/// ```
#[derive(Clone)]
pub struct Sender {
    orders: mpsc::UnboundedSender<Order>,
    shared: Arc<Shared>,
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}

impl Sender {
    /// Sends a message; waits only for room among what [waits to be sent](Options::write_buffer). It is on its way then, not there.
    ///
    /// # Errors
    ///
    /// [`SendError`]: the session has ended, or ends.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it resolved, nothing is sent.
    ///
    /// ```
    /// async fn greet(sender: &pulsar::ws::Sender) -> Result<(), pulsar::ws::SendError> {
    ///     sender.send("hello").await
    /// }
    /// ```
    pub async fn send(&self, message: impl Into<Message>) -> Result<(), SendError> {
        let message = message.into();
        match self.shared.room.wait(message.len()).await {
            Some(room) => self.order(message, room).map_err(|message| self.failed(message)),
            None => Err(self.failed(message)),
        }
    }

    /// Sends a message if there is room for it now.
    ///
    /// # Errors
    ///
    /// [`TrySendError`], with the message: there is no room, or the session has ended.
    ///
    /// ```
    /// use pulsar::ws::{Sender, TrySendError};
    ///
    /// fn tick(sender: &Sender) -> bool {
    ///     !matches!(sender.try_send("tick"), Err(TrySendError::Closed(_)))
    /// }
    /// ```
    pub fn try_send(&self, message: impl Into<Message>) -> Result<(), TrySendError> {
        let message = message.into();
        match self.shared.room.take(message.len()) {
            Ok(room) => self.order(message, room).map_err(TrySendError::Closed),
            Err(TryAcquireError::NoPermits) => Err(TrySendError::Full(message)),
            Err(TryAcquireError::Closed) => Err(TrySendError::Closed(message)),
        }
    }

    /// Closes the session behind what was sent before, and waits until that is done: until the peer has answered, or has not within
    /// the [close time-out](Options::close_timeout). What it returns is how the session ended, if that was otherwise.
    ///
    /// A reason of more than 123 bytes is cut. A code that may [not be sent](CloseCode::may_be_sent) is left out.
    ///
    /// # Cancel safety
    ///
    /// Once polled, it is closed all the same.
    ///
    /// ```
    /// async fn leave(sender: &pulsar::ws::Sender) {
    ///     sender.close(pulsar::ws::CloseCode::NORMAL, "good bye").await;
    /// }
    /// ```
    pub async fn close(&self, code: CloseCode, reason: impl Into<String>) -> Closed {
        self.close_soon(code, reason);
        self.orders.closed().await;
        self.shared.closed()
    }

    /// Begins to close the session behind what was sent before, and does not wait.
    ///
    /// ```
    /// fn leave(sender: &pulsar::ws::Sender) {
    ///     sender.close_soon(pulsar::ws::CloseCode::NORMAL, "good bye");
    /// }
    /// ```
    pub fn close_soon(&self, code: CloseCode, reason: impl Into<String>) {
        // One that has ended needs no close.
        let _ = self.orders.send(Order::Close(code, reason.into()));
    }

    /// Whether the session has ended, or ends.
    ///
    /// ```
    /// fn is_there(sender: &pulsar::ws::Sender) -> bool {
    ///     !sender.is_closed()
    /// }
    /// ```
    pub fn is_closed(&self) -> bool {
        self.shared.closed.get().is_some() || self.orders.is_closed()
    }

    fn order(&self, message: Message, room: OwnedSemaphorePermit) -> Result<(), Message> {
        self.orders.send(Order::Send(message, room)).map_err(|unsent| match unsent.0 {
            Order::Send(message, _) => message,
            Order::Close(..) => Message::text(""),
        })
    }

    fn failed(&self, message: Message) -> SendError {
        SendError { message, closed: self.shared.closed() }
    }
}

/// A sender that ends with the session's other handles.
pub(super) struct WeakSender {
    orders: mpsc::WeakUnboundedSender<Order>,
    shared: Arc<Shared>,
}

impl WeakSender {
    pub(super) fn try_send(&self, message: Message) -> Result<(), TrySendError> {
        match self.upgrade() {
            Some(sender) => sender.try_send(message),
            None => Err(TrySendError::Closed(message)),
        }
    }

    pub(super) fn close_soon(&self, code: CloseCode, reason: &str) {
        if let Some(sender) = self.upgrade() {
            sender.close_soon(code, reason);
        }
    }

    fn upgrade(&self) -> Option<Sender> {
        self.orders.upgrade().map(|orders| Sender { orders, shared: self.shared.clone() })
    }
}

/// A message that was not sent, because the session has ended.
///
/// ```
/// fn keep(error: pulsar::ws::SendError) -> pulsar::ws::Message {
///     error.message
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct SendError {
    /// The message.
    pub message: Message,
    /// How the session ended.
    pub closed: Closed,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.closed.fmt(f)
    }
}

impl std::error::Error for SendError {}

/// Why a message was not sent at once.
///
/// ```
/// fn is_slow(error: &pulsar::ws::TrySendError) -> bool {
///     matches!(error, pulsar::ws::TrySendError::Full(_))
/// }
/// ```
#[derive(Debug)]
pub enum TrySendError {
    /// What waits to be sent already is as much as [may](Options::write_buffer).
    Full(Message),
    /// The session has ended, or ends.
    Closed(Message),
}

impl fmt::Display for TrySendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "the peer reads too slowly: there is no room for another message",
            Self::Closed(_) => "the session has ended",
        })
    }
}

impl std::error::Error for TrySendError {}

/// What the handles and the driver share.
pub(super) struct Shared {
    /// For what waits to be sent; closed when nothing is sent any more.
    pub(super) room: Budget,
    pub(super) closed: OnceLock<Closed>,
    protocol: Option<String>,
}

impl Shared {
    fn closed(&self) -> Closed {
        // A driver that did not say it was dropped, with its runtime.
        self.closed.get().cloned().unwrap_or_else(|| Closed::lost("the runtime of the session has ended"))
    }
}

/// What the driver is told.
pub(super) enum Order {
    Send(Message, OwnedSemaphorePermit),
    Close(CloseCode, String),
}

/// A message that has come, with its part of the budget, which its receiver gives back.
pub(super) struct Arrival {
    pub(super) message: Message,
    pub(super) _room: OwnedSemaphorePermit,
}

impl fmt::Debug for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(f)
    }
}

/// How many bytes may wait.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    left: Arc<Semaphore>,
    whole: u32,
}

impl Budget {
    pub(super) fn new(bytes: usize) -> Self {
        let whole = u32::try_from(bytes).unwrap_or(u32::MAX).max(1);
        Self { left: Arc::new(Semaphore::new(whole as usize)), whole }
    }

    /// What a message counts for: at most all, so that one that is larger goes alone.
    fn cost(&self, bytes: usize) -> u32 {
        u32::try_from(bytes.saturating_add(OVERHEAD)).unwrap_or(u32::MAX).min(self.whole)
    }

    pub(super) fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.left.clone().try_acquire_many_owned(self.cost(bytes))
    }

    /// `None` when it is closed.
    pub(super) fn wait(
        &self,
        bytes: usize,
    ) -> impl Future<Output = Option<OwnedSemaphorePermit>> + Send + Sync + use<> {
        let acquired = self.left.clone().acquire_many_owned(self.cost(bytes));
        async move { acquired.await.ok() }
    }

    pub(super) fn close(&self) {
        self.left.close();
    }
}
