//! The way out: envelopes into batches, batches into the socket.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Buf, Bytes};
use tokio::io::Interest;
use tokio::net::UnixStream;

use super::Link;
use super::chunks::{CHUNK, Chunks, MAX_MESSAGE};
use crate::concurrency::sys;
use crate::host::Flush;
use crate::message::{EncodeError, Encoder, FLAG_MORE, Header, OutBuffer, Subject};

/// A batch that has grown beyond this becomes a frame: well below what the other end accepts.
const MAX_BATCH: usize = 1 << 20;

/// What is to be written.
#[derive(Default)]
pub(crate) struct Out {
    batch: OutBuffer,
    frames: VecDeque<Frame>,
    chunks: Chunks,
    /// Whether the socket was full.
    blocked: bool,
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
        self.batch.len() + self.frames.iter().map(|frame| frame.bytes.len()).sum::<usize>() + self.chunks.len()
    }

    /// Appends an envelope. A payload that is too large for one goes on in chunks.
    pub(super) fn append(
        &mut self,
        header: &Header,
        streams: &AtomicU64,
        payload: &mut dyn FnMut(&mut Encoder<'_>) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        if self.batch.len() > MAX_BATCH {
            self.close_batch(None);
        }
        let before = self.batch.len();
        self.batch.envelope(header, &mut *payload)?;
        let grown = self.batch.len() - before;
        if grown <= CHUNK
            || !matches!(
                header.subject,
                Subject::Ask
                    | Subject::Tell
                    | Subject::Open
                    | Subject::OpenTell
                    | Subject::Reply
                    | Subject::Error
                    | Subject::Control
            )
        {
            return Ok(());
        }
        if grown > MAX_MESSAGE {
            self.batch.take_back(before);
            return Err(EncodeError::TooLarge(grown));
        }
        // Large: only its beginning goes with the batch, so that what is small does not wait for it.
        let whole = self.batch.take_back(before);
        let mut header = header.clone();
        header.flags |= FLAG_MORE;
        if header.request == 0 {
            header.request = streams.fetch_add(1, Ordering::Relaxed);
        }
        let mut rest = whole;
        let first = rest.split_to(CHUNK.min(rest.len()));
        self.batch.envelope(&header, |out| {
            out.put_raw(&first);
            Ok(())
        })?;
        self.chunks.push(&header, rest);
        Ok(())
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
        self.batch.envelope(header, payload)?;
        if fd.is_some() {
            self.close_batch(fd);
        }
        Ok(())
    }

    /// Appends a frame that is finished: tungstenite's own pongs.
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.close_batch(None);
        self.frames.push_back(Frame { bytes: Bytes::copy_from_slice(bytes), fd: None });
    }

    /// More chunks may go.
    pub(super) fn credit(&mut self, request: u64, reply: bool) {
        self.chunks.credit(request, reply);
    }

    fn close_batch(&mut self, fd: Option<OwnedFd>) {
        if let Some(bytes) = self.batch.take_frame() {
            self.frames.push_back(Frame { bytes, fd });
        }
    }

    /// Writes what the socket takes. True if it took not all, and was not known to be full.
    pub(super) fn write(&mut self, stream: &UnixStream) -> bool {
        if self.blocked {
            return false;
        }
        loop {
            if self.frames.is_empty() {
                self.chunks.next_into(&mut self.batch);
                self.close_batch(None);
            }
            let Some(frame) = self.frames.front_mut() else { return false };
            let written = match &frame.fd {
                None => stream.try_write(&frame.bytes),
                Some(fd) => stream.try_io(Interest::WRITABLE, || sys::send(stream, &frame.bytes, fd)),
            };
            match written {
                Ok(count) => {
                    frame.fd = None;
                    frame.bytes.advance(count);
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
                    // The reader sees the end of the connection, and says so to all.
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
        // A connection that is over becomes writable, too.
        let _ = link.stream.writable().await;
        crate::reply::lock(&link.out).blocked = false;
        link.flush();
    }
}
