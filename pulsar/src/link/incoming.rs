//! Frames cut out of the bytes of a stream, where they were read to. Must not know where those come from.

use std::io::Cursor;

use bytes::{Buf, Bytes, BytesMut};
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use crate::message::Limits;

/// How much room there is for one read, in bytes.
const ROOM: usize = 64 << 10;

/// A frame of more bytes than this is large: there will be more like it, and each is read into a buffer of its own size, so that
/// little of the next has to be moved.
const LARGE: usize = 16 << 10;

/// Room for the header of the next frame beside a large one.
const BESIDE: usize = 64;

/// With less room than this a read is not worth its system call.
const LEAST_ROOM: usize = 4 << 10;

/// How many buffers of large frames are kept to be used again.
const MAX_SPENT: usize = 8;

/// What a frame claims is allocated at once up to this, and beyond only as it comes.
const MAX_AHEAD: usize = 2 << 20;

/// The most that the protocol allows a ping, a pong or a close, in bytes.
const MAX_CONTROL_FRAME: usize = 125;

/// What has come and was not taken out as frames yet.
#[derive(Debug, Default)]
pub(super) struct InBuffer {
    bytes: BytesMut,
    /// The frame whose header was read: its kind and its length.
    begun: Option<(Kind, usize)>,
    /// The length of the frame before.
    last: usize,
    /// While frames are large: buffers whose frames may have been handled, to be used again.
    spent: Vec<BytesMut>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Batch,
    Ping,
    Pong,
    Close,
}

/// A frame.
pub(super) enum Arrived {
    /// Envelopes; a slice of what was read.
    Batch(Bytes),
    /// To be answered with the same.
    Ping(Bytes),
    /// Of no meaning.
    Pong,
    /// There will be no more.
    Close,
}

impl InBuffer {
    /// Where to append what is read next.
    pub(super) fn room(&mut self) -> &mut BytesMut {
        let missing = self.begun.map_or(0, |(_, len)| len.saturating_sub(self.bytes.len())).min(MAX_AHEAD);
        if self.bytes.is_empty() {
            // From the front again, if nobody holds a slice of it.
            let _ = self.bytes.try_reclaim(ROOM);
        }
        let room = self.bytes.capacity() - self.bytes.len();
        // What has come of a large one is not moved for more room than it needs.
        let large = self.begun.is_some_and(|(_, len)| len > LARGE);
        if room < missing || (!large && room < LEAST_ROOM) {
            self.make_room(missing);
        }
        &mut self.bytes
    }

    fn make_room(&mut self, missing: usize) {
        let held = self.bytes.len();
        if self.last <= LARGE {
            self.spent.clear();
            self.bytes.reserve(ROOM.saturating_sub(held).max(missing).max(LEAST_ROOM));
            return;
        }
        let len = (self.last + BESIDE).min(MAX_AHEAD).max(held + missing.max(LEAST_ROOM));
        // One whose frame has been handled: fresh memory has to be cleared by the kernel, page by page.
        let mut next = match self.spent.iter_mut().position(|spent| spent.try_reclaim(len)) {
            Some(at) => self.spent.swap_remove(at),
            None => BytesMut::with_capacity(len),
        };
        next.extend_from_slice(&self.bytes);
        let mut before = std::mem::replace(&mut self.bytes, next);
        if self.spent.len() < MAX_SPENT {
            before.clear();
            self.spent.push(before);
        }
    }

    /// The next frame, if all of it has come.
    pub(super) fn next(&mut self, limits: &Limits) -> Result<Option<Arrived>, String> {
        let (kind, len) = match self.begun {
            Some(begun) => begun,
            None => match self.begin(limits)? {
                Some(begun) => begun,
                None => return Ok(None),
            },
        };
        if self.bytes.len() < len {
            self.begun = Some((kind, len));
            return Ok(None);
        }
        self.begun = None;
        self.last = len;
        let payload = self.bytes.split_to(len);
        Ok(Some(match kind {
            Kind::Batch => Arrived::Batch(payload.freeze()),
            Kind::Ping => Arrived::Ping(payload.freeze()),
            Kind::Pong => Arrived::Pong,
            Kind::Close => Arrived::Close,
        }))
    }

    /// Reads a header. Only what these connections speak is taken: whole frames, without a mask.
    fn begin(&mut self, limits: &Limits) -> Result<Option<(Kind, usize)>, String> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let mut cursor = Cursor::new(&self.bytes[..]);
        let Some((header, len)) = FrameHeader::parse(&mut cursor).map_err(|error| error.to_string())? else {
            return Ok(None);
        };
        let read = usize::try_from(cursor.position()).unwrap_or(usize::MAX);
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err("a frame with reserved bits".into());
        }
        if header.mask.is_some() {
            return Err("a masked frame".into());
        }
        if !header.is_final {
            return Err("a frame in fragments".into());
        }
        let (kind, most) = match header.opcode {
            OpCode::Data(Data::Binary) => (Kind::Batch, limits.data + limits.control),
            OpCode::Control(Control::Ping) => (Kind::Ping, MAX_CONTROL_FRAME),
            OpCode::Control(Control::Pong) => (Kind::Pong, MAX_CONTROL_FRAME),
            OpCode::Control(Control::Close) => (Kind::Close, MAX_CONTROL_FRAME),
            other => return Err(format!("a frame of kind {other:?}")),
        };
        match usize::try_from(len) {
            Ok(len) if len <= most => {
                self.bytes.advance(read);
                Ok(Some((kind, len)))
            }
            _ => Err(format!("a frame of {len} bytes, where {most} are the most")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ActorId;
    use crate::message::{Header, OutBuffer, Subject};

    fn frame(len: usize) -> Bytes {
        let mut out = OutBuffer::new();
        out.envelope(&Header::new(Subject::Tell, ActorId::ARBITER), |payload| {
            payload.put_raw(&vec![7; len]);
            Ok(())
        })
        .unwrap();
        out.take_frame().unwrap()
    }

    /// The lengths of the batches in `wire`, however it is cut into reads.
    fn batches(wire: &[u8], read: usize) -> Vec<usize> {
        let mut input = InBuffer::default();
        let mut found = Vec::new();
        for piece in wire.chunks(read) {
            assert!(input.room().capacity() > input.room().len(), "nothing can be read into no room");
            input.room().extend_from_slice(piece);
            while let Some(Arrived::Batch(batch)) = input.next(&Limits::default()).unwrap() {
                found.push(batch.len());
            }
        }
        found
    }

    #[test]
    fn frames_come_whole_however_they_are_cut() {
        let lens = [0, 1, 70, 125, 126, 65_000, 65_535, 65_536, 300_000];
        let wire: Vec<u8> = lens.iter().flat_map(|&len| frame(len)).collect();
        let expected: Vec<usize> = lens.iter().map(|len| len + 47).collect();
        for read in [1, 2, 3, 47, 4096, 65_536, usize::MAX] {
            assert_eq!(batches(&wire, read), expected, "{read} bytes at once");
        }
    }

    #[test]
    fn what_these_connections_do_not_speak_is_refused() {
        for (first, second) in [(0x02, 1), (0x80, 1), (0x81, 1), (0x82, 0x81), (0xc2, 1), (0x8b, 1), (0x89, 126)] {
            let mut input = InBuffer::default();
            input.room().extend_from_slice(&[first, second, 1, 0, 0, 0, 0, 0]);
            assert!(input.next(&Limits::default()).is_err(), "{first:#x} {second:#x}");
        }
        let mut input = InBuffer::default();
        input.room().extend_from_slice(&[0x82, 127, 0x40, 0, 0, 0, 0, 0, 0, 0]);
        assert!(input.next(&Limits::default()).is_err(), "a length that nobody has");
    }

    #[test]
    fn a_claim_costs_little() {
        let mut input = InBuffer::default();
        input.room().extend_from_slice(&[0x82, 127, 0, 0, 0, 0, 1, 0, 0, 0]);
        assert!(input.next(&Limits::default()).unwrap().is_none());
        assert!(input.room().capacity() <= MAX_AHEAD + ROOM);
    }

    #[test]
    fn memory_is_used_again() {
        let mut input = InBuffer::default();
        let wire = frame(32);
        let at = input.room().as_ptr();
        for _ in 0..10_000 {
            assert_eq!(input.room().as_ptr(), at);
            input.room().extend_from_slice(&wire);
            assert!(matches!(input.next(&Limits::default()), Ok(Some(Arrived::Batch(_)))));
        }
    }
}
