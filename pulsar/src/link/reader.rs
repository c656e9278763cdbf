//! The way in: the WebSocket protocol, read by tungstenite, over a stream that may bring descriptors along.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};

use futures_util::StreamExt;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::Link;
use super::inbound::Inbound;
use crate::concurrency::sys;
use crate::message::{Limits, envelopes};

/// How much is read at once, in bytes.
const READ_BUFFER: usize = 64 << 10;

/// How many messages of one process are taken in before others have their turn: who floods delays nobody for long.
const TURN: usize = 256;

/// How much may wait for a process that asks and does not read, in bytes.
const MAX_UNSENT: usize = 1 << 30;

/// Descriptors that have come and that no envelope has claimed yet; `None` for one that there was no room for here.
pub(super) type Fds = Rc<RefCell<VecDeque<Option<OwnedFd>>>>;

/// Reads until the connection is over.
pub(super) async fn read(link: Arc<Link>) {
    let limits = Limits::default();
    let most = Some(limits.data + limits.control);
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .max_frame_size(most)
        .max_message_size(most)
        .accept_unmasked_frames(true);
    let fds = Fds::default();
    let stream = Stream { link: link.clone(), fds: fds.clone() };
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
    let mut inbound = Inbound::new(link.clone(), fds);
    let broken = loop {
        let frame = match socket.next().await {
            Some(Ok(Message::Binary(frame))) => frame,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
            Some(Ok(Message::Close(_))) | None => break None,
            Some(Ok(Message::Text(_) | Message::Frame(_))) => break Some("a text frame".to_string()),
            Some(Err(error)) => break protocol_error(&error),
        };
        let handled = async || -> Result<(), String> {
            for (count, envelope) in envelopes(frame, &limits).map_err(|error| error.to_string())?.enumerate() {
                let (header, payload) = envelope.map_err(|error| error.to_string())?;
                inbound.handle(header, payload)?;
                if count % TURN == TURN - 1 {
                    tokio::task::yield_now().await;
                }
            }
            Ok(())
        };
        if let Err(error) = handled().await {
            break Some(error);
        }
        if link.unsent() > MAX_UNSENT {
            break Some("it reads none of what it is sent".to_string());
        }
    };
    link.shut();
    link.closing();
    inbound.ended(broken).await;
}

/// What was wrong, unless the other end is simply gone.
fn protocol_error(error: &tokio_tungstenite::tungstenite::Error) -> Option<String> {
    use tokio_tungstenite::tungstenite::Error;
    use tokio_tungstenite::tungstenite::error::ProtocolError;
    match error {
        Error::Io(_) | Error::ConnectionClosed | Error::AlreadyClosed => None,
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        other => Some(other.to_string()),
    }
}

/// The stream as tungstenite sees it. What it writes by itself (a pong) goes the way of all frames.
struct Stream {
    link: Arc<Link>,
    fds: Fds,
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut TaskContext<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let stream = &self.link.stream;
        loop {
            ready!(stream.poll_read_ready(cx))?;
            let mut received = Vec::new();
            let space = into.initialize_unfilled();
            match stream.try_io(Interest::READABLE, || sys::receive(stream, space, &mut received)) {
                Ok(count) => {
                    // Only the arbiter hands descriptors over; anyone else's are closed.
                    if self.link.process == 0 {
                        self.fds.borrow_mut().extend(received);
                    }
                    into.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, _: &mut TaskContext<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        crate::sync::lock(&self.link.out).raw(bytes);
        self.link.schedule();
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
