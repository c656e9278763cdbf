//! The way out: envelopes into batches, batches into the socket.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::Interest;

use super::chunks::{CHUNK, Chunks, MAX_MESSAGE};
use super::{Link, News};
use crate::concurrency::sys;
use crate::host::Flush;
use crate::id::{ActorId, Incarnation};
use crate::message::{
    BEFORE_PAYLOAD, EncodeError, Encoder, FLAG_MORE, Header, Limits, OutBuffer, Subject, frame_of_one,
};

/// A batch that has grown beyond this becomes a frame: well below what the other end accepts.
const MAX_BATCH: usize = 1 << 20;

/// When a full socket is written to again where nothing tells of room.
const TRY_AGAIN: Duration = Duration::from_millis(1);

/// A payload of more bytes than this becomes a frame of its own, where it was encoded.
const ALONE: usize = 8 << 10;

/// What waits beyond this is written at once.
const MUCH: usize = 64 << 10;

/// How many incarnations that drained are remembered.
const MAX_LEFT: usize = 64;

/// What is to be written.
#[derive(Default)]
pub(crate) struct Out {
    batch: OutBuffer,
    frames: VecDeque<Frame>,
    /// The bytes of these.
    queued: usize,
    chunks: Chunks,
    /// Whether the socket was full.
    blocked: bool,
    limits: Limits,
    /// The incarnations that drained of late: they are sent nothing more.
    left: VecDeque<(ActorId, Incarnation)>,
}

/// Whether what this subject carries may be larger than an envelope.
fn goes_in_chunks(subject: Subject) -> bool {
    subject.carries_data() || subject == Subject::Control
}

struct Frame {
    bytes: Bytes,
    fd: Option<OwnedFd>,
}

impl Out {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn len(&self) -> usize {
        self.batch.len() + self.queued + self.chunks.len()
    }

    /// Nothing more goes to this incarnation, and the other end is told so.
    pub(super) fn leave(&mut self, id: ActorId, incarnation: Incarnation) -> Result<(), EncodeError> {
        self.left.push_back((id, incarnation));
        if self.left.len() > MAX_LEFT {
            self.left.pop_front();
        }
        self.append_with(&Header::new(Subject::Node, ActorId::ARBITER), None, |out| out.put(&News::Left { id }))
    }

    /// Appends an envelope with the payload that lies behind [`BEFORE_PAYLOAD`]. One that is too large for an envelope goes on in chunks. False if the
    /// incarnation that it is for is sent nothing more.
    pub(super) fn append(
        &mut self,
        header: &Header,
        streams: &AtomicU64,
        payload: &mut BytesMut,
    ) -> Result<bool, EncodeError> {
        // Built-in commands and answers are for whoever lives: they bear no incarnation.
        let gone = |&(id, incarnation): &(ActorId, Incarnation)| {
            id == header.target && incarnation == header.incarnation && header.subject != Subject::Credit
        };
        if self.left.iter().any(gone) {
            return Ok(false);
        }
        self.append_to_anyone(header, streams, payload).map(|()| true)
    }

    fn append_to_anyone(
        &mut self,
        header: &Header,
        streams: &AtomicU64,
        payload: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        if self.batch.len() > MAX_BATCH {
            self.close_batch(None);
        }
        let len = payload.len().saturating_sub(BEFORE_PAYLOAD);
        if len <= ALONE {
            return self.batch.append(header, payload);
        }
        if len <= CHUNK {
            return self.put_alone(header, payload.split());
        }
        if !goes_in_chunks(header.subject) {
            return if len <= self.limits.control {
                self.put_alone(header, payload.split())
            } else {
                Err(EncodeError::TooLarge(len))
            };
        }
        if len + self.chunks.len() > MAX_MESSAGE {
            return Err(EncodeError::TooLarge(len));
        }
        // Large: only its beginning goes at once, so that what is small does not wait for it.
        let mut rest = payload.split();
        let first = rest.split_to(BEFORE_PAYLOAD + CHUNK);
        let mut header = header.clone();
        header.flags |= FLAG_MORE;
        if header.request == 0 {
            header.request = streams.fetch_add(1, Ordering::Relaxed);
        }
        self.put_alone(&header, first)?;
        self.chunks.push(&header, rest.freeze());
        Ok(())
    }

    /// An envelope whose payload lies in `buffer` behind the room for all headers.
    fn put_alone(&mut self, header: &Header, buffer: BytesMut) -> Result<(), EncodeError> {
        self.close_batch(None);
        let bytes = frame_of_one(header, buffer)?;
        self.queued += bytes.len();
        self.frames.push_back(Frame { bytes, fd: None });
        Ok(())
    }

    /// Whether so much waits, and could be written, that it should be.
    pub(super) fn is_much(&self) -> bool {
        !self.blocked && self.queued + self.batch.len() > MUCH
    }

    /// Appends an envelope in a frame of its own, with a descriptor.
    pub(super) fn append_with(
        &mut self,
        header: &Header,
        fd: Option<OwnedFd>,
        payload: impl FnOnce(&mut Encoder<'_>) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        if fd.is_some() {
            self.close_batch(None);
        }
        let before = self.batch.len();
        self.batch.envelope(header, payload)?;
        let grown = self.batch.len() - before;
        if grown > self.limits.control {
            self.batch.take_back(before);
            return Err(EncodeError::TooLarge(grown));
        }
        if fd.is_some() {
            self.close_batch(fd);
        }
        Ok(())
    }

    /// Appends a pong: a frame of its own, with at most 125 bytes.
    pub(super) fn pong(&mut self, payload: &[u8]) {
        self.close_batch(None);
        let mut bytes = BytesMut::with_capacity(2 + payload.len());
        bytes.extend_from_slice(&[0x8a, u8::try_from(payload.len()).unwrap_or_default()]);
        bytes.extend_from_slice(payload);
        self.queued += bytes.len();
        self.frames.push_back(Frame { bytes: bytes.freeze(), fd: None });
    }

    /// More chunks may go.
    pub(super) fn credit(&mut self, request: u64, reply: bool) {
        self.chunks.credit(request, reply);
    }

    fn close_batch(&mut self, fd: Option<OwnedFd>) {
        if let Some(bytes) = self.batch.take_frame() {
            self.queued += bytes.len();
            self.frames.push_back(Frame { bytes, fd });
        }
    }

    /// Writes what the socket takes. True if it took not all, and was not known to be full.
    pub(super) fn write(&mut self, stream: &OwnedFd) -> bool {
        if self.blocked {
            return false;
        }
        loop {
            if self.frames.is_empty() {
                self.chunks.next_into(&mut self.batch);
                self.close_batch(None);
            }
            let Some(frame) = self.frames.front_mut() else { return false };
            match sys::send(stream, &frame.bytes, frame.fd.as_ref()) {
                Ok(count) => {
                    frame.fd = None;
                    frame.bytes.advance(count);
                    self.queued -= count;
                    if frame.bytes.is_empty() {
                        self.frames.pop_front();
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.blocked = true;
                    return true;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    // The reader sees the end of the connection, and says so to all: also where only this write failed.
                    let _ = rustix::net::shutdown(stream, rustix::net::Shutdown::Both);
                    self.clear();
                    return false;
                }
            }
        }
    }
}

/// Goes on writing whenever a full socket has room again.
pub(super) async fn write_when_blocked(link: Arc<Link>) {
    loop {
        link.blocked.notified().await;
        if link.is_closed() {
            return;
        }
        // Watched for only now: each piece that the other end reads of what was written would wake this loop. By another number, for
        // a loop knows each only once. A connection that is over becomes writable, too.
        let watched = link.stream.try_clone().and_then(|stream| sys::watch(Arc::new(stream), Interest::WRITABLE));
        match watched {
            Ok(stream) => drop(stream.writable().await),
            // No descriptor is left.
            Err(_) => tokio::time::sleep(TRY_AGAIN).await,
        }
        crate::sync::lock(&link.out).blocked = false;
        link.flush();
    }
}
