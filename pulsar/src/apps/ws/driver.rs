//! What drives one connection: reads, writes, answers pings, keeps the times, and takes leave. Knows nothing of requests and handlers.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{Sink, Stream};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message as Frame, error::ProtocolError, protocol::CloseFrame};

use super::{
    close::{By, CloseCode, Closed},
    drain::Drain,
    message::Message,
    options::Options,
    session::{Arrival, Budget, Order, Shared},
};
use crate::serve::Busy;

/// How many pings are answered while the way out is blocked. Further ones are not read: the answers would pile up.
const PONGS: u32 = 16;

/// The longest reason that a close frame has room for, in bytes.
const REASON: usize = 123;

/// Far enough.
const LONG: Duration = Duration::from_secs(365 * 24 * 3600);

type Future<T> = Pin<Box<dyn std::future::Future<Output = T> + Send>>;

/// A connection and what is to be done on it.
pub(super) struct Driver<S> {
    stream: WebSocketStream<S>,
    orders: mpsc::UnboundedReceiver<Order>,
    arrivals: mpsc::UnboundedSender<Arrival>,
    unread: Budget,
    /// A message that waits for room; nothing more is read until then.
    waiting: Option<(Message, Future<Option<OwnedSemaphorePermit>>)>,
    shared: Arc<Shared>,
    options: Options,
    drain: Option<Drain>,
    /// Until leave is taken.
    _busy: Option<Busy>,
    state: State,
    /// Something was written and may not be on its way.
    dirty: bool,
    /// Since when the peer has not taken what was written.
    blocked: Option<Instant>,
    /// The room of what was written.
    written: Option<OwnedSemaphorePermit>,
    /// Pings read while it was blocked.
    pings: u32,
    /// Counts how often this was polled.
    turn: u64,
    /// What the peer did against the protocol, and in which turn it was seen.
    breach: Option<(u64, CloseCode, String)>,
    heard: Instant,
    pinged: Option<Instant>,
    /// When there was last a message, in either direction.
    active: Instant,
    timer: Pin<Box<Sleep>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Open,
    /// One side has closed: until when the other has time.
    Closing(Instant),
    /// The peer broke a rule: nothing it sends is understood any more, and it is told.
    Broken(Instant),
}

/// What came of a look at one of the things to do.
enum Step {
    Again,
    Wait,
    End,
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Driver<S> {
    pub(super) fn new(
        stream: WebSocketStream<S>,
        options: &Options,
        orders: mpsc::UnboundedReceiver<Order>,
        arrivals: mpsc::UnboundedSender<Arrival>,
        shared: Arc<Shared>,
        drain: Option<Drain>,
    ) -> Self {
        let now = Instant::now();
        Self {
            stream,
            orders,
            arrivals,
            unread: Budget::new(options.read_buffer),
            waiting: None,
            shared,
            options: options.clone(),
            _busy: drain.as_ref().map(Drain::hold),
            drain,
            state: State::Open,
            dirty: false,
            blocked: None,
            written: None,
            pings: 0,
            turn: 0,
            breach: None,
            heard: now,
            pinged: None,
            active: now,
            timer: Box::pin(sleep_until(now)),
        }
    }

    /// Until the session has ended.
    pub(super) async fn run(mut self) {
        poll_fn(|cx| self.poll(cx)).await;
        self.ended(Closed::lost(""));
        if matches!(self.state, State::Broken(_)) {
            self.linger().await;
        }
        let _ = timeout(Duration::from_secs(1), self.stream.get_mut().shutdown()).await;
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.turn += 1;
        loop {
            let steps: [fn(&mut Self, &mut Context<'_>) -> Step; 4] =
                [Self::poll_drain, Self::poll_out, Self::poll_in, Self::poll_timer];
            let mut again = false;
            for step in steps {
                match step(self, cx) {
                    Step::End => return Poll::Ready(()),
                    Step::Again => again = true,
                    Step::Wait => {}
                }
            }
            if !again {
                return Poll::Pending;
            }
        }
    }

    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Step {
        let Some(drain) = self.drain.as_mut() else { return Step::Wait };
        if drain.poll_begun(cx).is_pending() {
            return Step::Wait;
        }
        self.drain = None;
        self.close(CloseCode::AWAY, "the server is going away".into());
        Step::Again
    }

    /// Orders onto the connection.
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Step {
        while self.state == State::Open {
            match Pin::new(&mut self.stream).poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return self.lost(&error),
                Poll::Pending => break,
            }
            match self.orders.poll_recv(cx) {
                Poll::Ready(Some(Order::Send(message, room))) => {
                    self.active = Instant::now();
                    match &mut self.written {
                        Some(written) => written.merge(room),
                        None => self.written = Some(room),
                    }
                    if let Err(error) = self.write(message.into()) {
                        return self.lost(&error);
                    }
                }
                Poll::Ready(Some(Order::Close(code, reason))) => self.close(code, reason),
                Poll::Ready(None) => self.close(CloseCode::NORMAL, String::new()),
                Poll::Pending => break,
            }
        }
        if !self.dirty {
            return Step::Wait;
        }
        match Pin::new(&mut self.stream).poll_flush(cx) {
            Poll::Ready(Ok(())) => {
                (self.dirty, self.blocked, self.written, self.pings) = (false, None, None, 0);
                if matches!(self.state, State::Broken(_)) { Step::End } else { Step::Again }
            }
            Poll::Ready(Err(error)) => self.lost(&error),
            Poll::Pending => {
                self.blocked.get_or_insert_with(Instant::now);
                Step::Wait
            }
        }
    }

    /// What has come, to the handler.
    fn poll_in(&mut self, cx: &mut Context<'_>) -> Step {
        if let Some((turn, code, reason)) = self.breach.take() {
            if turn == self.turn {
                self.breach = Some((turn, code, reason));
                return Step::Wait;
            }
            self.close(code, reason);
            self.state = State::Broken(Instant::now() + self.options.close_timeout);
            return Step::Again;
        }
        if let Some((message, mut room)) = self.waiting.take() {
            match room.as_mut().poll(cx) {
                Poll::Ready(room) => self.arrive(message, room),
                // It has taken leave: what it did not read is not worth waiting for.
                Poll::Pending if self.state != State::Open => {}
                Poll::Pending => {
                    self.waiting = Some((message, room));
                    return Step::Wait;
                }
            }
            self.heard = Instant::now();
        }
        if matches!(self.state, State::Broken(_)) || (self.blocked.is_some() && self.pings >= PONGS) {
            return Step::Wait;
        }
        let read = match Pin::new(&mut self.stream).poll_next(cx) {
            Poll::Ready(read) => read,
            Poll::Pending => return Step::Wait,
        };
        self.heard = Instant::now();
        self.pinged = None;
        match read {
            Some(Ok(Frame::Ping(_))) => (self.dirty, self.pings) = (true, self.pings + 1),
            Some(Ok(Frame::Close(frame))) => self.closed_by_peer(frame),
            Some(Ok(frame)) => {
                if let Some(message) = Message::read(frame) {
                    self.active = self.heard;
                    match self.unread.take(message.len()) {
                        Ok(room) => self.arrive(message, Some(room)),
                        Err(_) => self.waiting = Some((message.clone(), Box::pin(self.unread.wait(message.len())))),
                    }
                }
            }
            Some(Err(error)) => return self.broken(&error, cx),
            None => return Step::End,
        }
        Step::Again
    }

    fn arrive(&mut self, message: Message, room: Option<OwnedSemaphorePermit>) {
        if let Some(_room) = room {
            // A handler that only sends has let go of the other half.
            let _ = self.arrivals.send(Arrival { message, _room });
        }
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Step {
        let now = Instant::now();
        let next = match self.state {
            State::Closing(until) | State::Broken(until) if until <= now => return Step::End,
            State::Closing(until) | State::Broken(until) => until,
            State::Open => match self.times(now) {
                Some(next) => next,
                None => return Step::Again,
            },
        };
        let next = match self.blocked.map(|since| since + self.options.write_timeout) {
            Some(until) if until <= now => {
                let reason = format!("the peer has not read for {:?}", self.options.write_timeout);
                self.ended(Closed::new(By::Us, CloseCode::ABNORMAL, reason));
                return Step::End;
            }
            Some(until) => next.min(until),
            None => next,
        };
        // Most of what is heard only moves the times on: then the timer is left as it is, and looks again when it ends.
        if self.timer.deadline() <= now || next < self.timer.deadline() {
            self.timer.as_mut().reset(next);
        }
        if std::future::Future::poll(self.timer.as_mut(), cx).is_ready() { Step::Again } else { Step::Wait }
    }

    /// What is due of an open session; when to look next, or nothing if something was done.
    fn times(&mut self, now: Instant) -> Option<Instant> {
        let mut next = now + LONG;
        if let Some(idle) = self.options.idle_timeout {
            if self.active + idle <= now {
                self.close(CloseCode::AWAY, format!("there was no message for {idle:?}"));
                return None;
            }
            next = next.min(self.active + idle);
        }
        // What is not read cannot answer, and a ping would only lengthen what waits.
        if let Some(every) = self.options.ping_every
            && self.waiting.is_none()
            && self.blocked.is_none()
        {
            let due = match self.pinged {
                Some(pinged) => pinged + self.options.pong_within,
                None => self.heard + every,
            };
            if due <= now {
                if self.pinged.is_some() {
                    self.close(CloseCode::AWAY, "the peer did not answer a ping".into());
                } else {
                    self.pinged = Some(now);
                    // A connection that is lost says so when it is read.
                    let _ = self.write(Frame::Ping(Vec::new().into()));
                }
                return None;
            }
            next = next.min(due);
        }
        Some(next)
    }

    fn write(&mut self, frame: Frame) -> Result<(), Error> {
        self.dirty = true;
        match Pin::new(&mut self.stream).start_send(frame) {
            // The peer has closed: that is read next.
            Err(Error::Protocol(ProtocolError::SendAfterClosing) | Error::AlreadyClosed | Error::ConnectionClosed) => {
                Ok(())
            }
            done => done,
        }
    }

    /// Begins to take leave.
    fn close(&mut self, code: CloseCode, reason: String) {
        if self.state != State::Open {
            return;
        }
        let reason = cut(&reason);
        let frame = code.may_be_sent().then(|| CloseFrame { code: code.number().into(), reason: reason.into() });
        let code = if frame.is_some() { code } else { CloseCode::NO_STATUS };
        self.ended(Closed::new(By::Us, code, reason));
        self.state = State::Closing(Instant::now() + self.options.close_timeout);
        // A connection that is lost says so when it is read.
        let _ = self.write(Frame::Close(frame));
    }

    /// The library has its answer ready.
    fn closed_by_peer(&mut self, frame: Option<CloseFrame>) {
        self.dirty = true;
        let closed = match frame {
            Some(CloseFrame { code, reason }) => Closed::new(By::Peer, u16::from(code).into(), reason.as_str()),
            None => Closed::new(By::Peer, CloseCode::NO_STATUS, ""),
        };
        self.ended(closed);
        if self.state == State::Open {
            self.state = State::Closing(Instant::now() + self.options.close_timeout);
        }
    }

    /// What was read is no message: the peer is told why, where there is a peer.
    fn broken(&mut self, error: &Error, cx: &Context<'_>) -> Step {
        let code = match error {
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
                self.ended(Closed::lost("the connection ended without a close"));
                return Step::End;
            }
            Error::Protocol(_) => CloseCode::PROTOCOL,
            Error::Utf8(_) => CloseCode::INVALID,
            Error::Capacity(_) => CloseCode::TOO_BIG,
            _ => return self.lost(error),
        };
        if self.state != State::Open {
            return Step::End;
        }
        // In the next turn: what came before was right, and its handler has been woken to answer it.
        self.breach = Some((self.turn, code, error.to_string()));
        cx.waker().wake_by_ref();
        Step::Wait
    }

    fn lost(&mut self, error: &Error) -> Step {
        self.ended(Closed::lost(error.to_string()));
        Step::End
    }

    /// From now on nothing is sent. Who was first stands.
    fn ended(&mut self, closed: Closed) {
        let _ = self.shared.closed.set(closed);
        self.shared.room.close();
    }

    /// Reads on without looking: a connection that is dropped with something unread is reset, and the peer might never read why.
    async fn linger(&mut self) {
        let stream = self.stream.get_mut();
        let _ = timeout(self.options.close_timeout, async {
            stream.shutdown().await?;
            let mut unread = vec![0; 4096];
            while stream.read(&mut unread).await? > 0 {}
            std::io::Result::Ok(())
        })
        .await;
    }
}

/// As much of a reason as a frame has room for.
fn cut(reason: &str) -> &str {
    let mut end = reason.len().min(REASON);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason.get(..end).unwrap_or_default()
}
