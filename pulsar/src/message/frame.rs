//! Batches: envelopes back to back, in one binary frame of the unmasked WebSocket protocol.
//!
//! Owns the limits of what is read. The WebSocket header is tungstenite's. Must not know sockets or routes.

use bytes::{Buf, Bytes, BytesMut};
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use super::{EncodeError, Encoder, FrameError, HEADER_LEN, Header, Tells};

/// The first byte of each batch.
///
/// ```
/// assert_eq!(pulsar::message::VERSION, 1);
/// ```
pub const VERSION: u8 = 1;

/// The longest header of an unmasked WebSocket frame.
const MAX_FRAME_HEADER: usize = 10;

/// The room that a frame of one envelope needs before its payload.
pub(crate) const BEFORE_PAYLOAD: usize = MAX_FRAME_HEADER + 1 + HEADER_LEN;

/// A buffer that has grown beyond this is given back rather than kept.
const KEPT_CAPACITY: usize = 1 << 20;

/// How large a payload may be.
///
/// ```
/// let limits = pulsar::message::Limits::default();
/// assert_eq!((limits.control, limits.data), (1 << 20, 16 << 20));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of what the runtime itself sends, in bytes: 1 MiB.
    pub control: usize,
    /// Of users' values, in bytes: 16 MiB. What is larger goes in chunks.
    pub data: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { control: 1 << 20, data: 16 << 20 }
    }
}

/// Begins a batch.
pub fn begin_batch(out: &mut BytesMut) {
    out.extend_from_slice(&[VERSION]);
}

/// Appends an envelope whose payload is encoded in place. After an error, `out` is what it was.
///
/// ```
/// use pulsar::ActorId;
/// use pulsar::message::{Header, Limits, Subject, begin_batch, envelope, envelopes};
///
/// let mut out = bytes::BytesMut::new();
/// begin_batch(&mut out);
/// let header = Header { tag: 7, ..Header::new(Subject::Tell, ActorId::ARBITER) };
/// envelope(&mut out, &header, |payload| payload.put("hello")).unwrap();
///
/// let (read, payload) = envelopes(out.freeze(), &Limits::default()).unwrap().next().unwrap().unwrap();
/// assert_eq!(read, header);
/// assert_eq!(&payload[..], b"\x05hello");
/// ```
///
/// # Errors
///
/// [`EncodeError`]: that of `payload`, or there is more of it than a length of 32 bits can say.
pub fn envelope(
    out: &mut BytesMut,
    header: &Header,
    payload: impl FnOnce(&mut Encoder<'_>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let at = out.len();
    header.write(out, 0);
    let encoded = payload(&mut Encoder::new(out)).and_then(|()| {
        let len = out.len() - at - HEADER_LEN;
        u32::try_from(len).map_err(|_| EncodeError::TooLarge(len))
    });
    match encoded {
        Ok(len) => {
            Header::patch(out, at, len);
            Ok(())
        }
        Err(error) => {
            out.truncate(at);
            Err(error)
        }
    }
}

/// The envelopes of a batch. Payloads are slices of it, not copies.
///
/// # Errors
///
/// [`FrameError`]: it is empty, or of another version. What is wrong with an envelope is the iterator's last item.
///
/// ```
/// use pulsar::message::{Limits, VERSION, envelopes};
/// assert_eq!(envelopes(vec![VERSION].into(), &Limits::default()).unwrap().count(), 0);
/// let mut cut = envelopes(vec![VERSION, 1].into(), &Limits::default()).unwrap();
/// assert!(cut.next().unwrap().is_err() && cut.next().is_none());
/// ```
pub fn envelopes(mut batch: Bytes, limits: &Limits) -> Result<Envelopes, FrameError> {
    match batch.first() {
        Some(&VERSION) => {
            batch.advance(1);
            Ok(Envelopes { rest: batch, limits: *limits })
        }
        Some(&version) => Err(FrameError::Version(version)),
        None => Err(FrameError::Empty),
    }
}

/// Iterates over the envelopes of a batch. Made by [`envelopes`]; an error is its last item.
#[derive(Debug)]
pub struct Envelopes {
    rest: Bytes,
    limits: Limits,
}

impl Envelopes {
    /// The tells to one incarnation that come next, `most` at most; `None` if something else does.
    pub(crate) fn tells(&mut self, most: u32) -> Option<Tells> {
        Tells::take_off(&mut self.rest, self.limits.data, most)
    }

    fn read(&mut self) -> Result<(Header, Bytes), FrameError> {
        let (header, len) = Header::read(&self.rest)?;
        let limit = if header.subject.carries_data() { self.limits.data } else { self.limits.control };
        let bytes = len as usize;
        if bytes > limit {
            return Err(FrameError::TooLong { subject: header.subject, len, limit });
        }
        self.rest.advance(HEADER_LEN);
        let left = self.rest.len();
        if bytes > left {
            return Err(FrameError::PastEnd { len, left });
        }
        Ok((header, self.rest.split_to(bytes)))
    }
}

impl Iterator for Envelopes {
    type Item = Result<(Header, Bytes), FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let item = self.read();
        if item.is_err() {
            self.rest.clear();
        }
        Some(item)
    }
}

/// A batch in the making, with room for the header of its WebSocket frame before it, so that it is written
/// from where it was encoded.
///
/// ```
/// use pulsar::ActorId;
/// use pulsar::message::{Header, OutBuffer, Subject};
///
/// let mut out = OutBuffer::new();
/// let header = Header::new(Subject::Tell, ActorId::ARBITER);
/// out.envelope(&header, |payload| payload.put(&7_u8)).unwrap();
/// let frame = out.take_frame().unwrap();
/// assert_eq!(frame[0], 0x82); // a whole binary frame
/// assert_eq!(frame[1] & 0x80, 0); // without a mask
/// assert!(out.is_empty());
/// ```
#[derive(Debug, Default)]
pub struct OutBuffer {
    buffer: BytesMut,
}

impl OutBuffer {
    /// An empty buffer. It allocates when the first envelope is appended.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends an envelope; see [`envelope`].
    ///
    /// # Errors
    ///
    /// As there; nothing was appended then.
    pub fn envelope(
        &mut self,
        header: &Header,
        payload: impl FnOnce(&mut Encoder<'_>) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        self.begin();
        envelope(&mut self.buffer, header, payload)
    }

    /// Appends an envelope whose payload lies in `buffer` behind [`BEFORE_PAYLOAD`], where its header is written, too.
    pub(crate) fn append(&mut self, header: &Header, buffer: &mut BytesMut) -> Result<(), EncodeError> {
        let len = buffer.len().saturating_sub(BEFORE_PAYLOAD);
        let len = u32::try_from(len).map_err(|_| EncodeError::TooLarge(len))?;
        if let Some(room) = buffer.get_mut(BEFORE_PAYLOAD - HEADER_LEN..BEFORE_PAYLOAD) {
            room.copy_from_slice(&header.bytes(len));
        }
        self.begin();
        self.buffer.extend_from_slice(buffer.get(BEFORE_PAYLOAD - HEADER_LEN..).unwrap_or_default());
        Ok(())
    }

    fn begin(&mut self) {
        if self.buffer.is_empty() {
            self.buffer.extend_from_slice(&[0; MAX_FRAME_HEADER]);
            begin_batch(&mut self.buffer);
        }
    }

    /// Takes back the envelope that was appended when the length was `before`; its payload.
    pub(crate) fn take_back(&mut self, before: usize) -> Bytes {
        // The version byte is there before the first envelope.
        let at = MAX_FRAME_HEADER + before.max(1);
        let mut envelope = self.buffer.split_off(at.min(self.buffer.len()));
        envelope.advance(HEADER_LEN.min(envelope.len()));
        envelope.freeze()
    }

    /// The length of the batch so far, in bytes.
    pub fn len(&self) -> usize {
        self.buffer.len().saturating_sub(MAX_FRAME_HEADER)
    }

    /// Whether no envelope waits.
    pub fn is_empty(&self) -> bool {
        self.len() <= 1
    }

    /// The batch as one frame, ready to be written; `None` where no envelope waits.
    ///
    /// Once the frame has been dropped, its memory serves the next batch.
    pub fn take_frame(&mut self) -> Option<Bytes> {
        if self.is_empty() {
            return None;
        }
        let start = write_frame_header(&mut self.buffer);
        let mut frame = self.buffer.split();
        frame.advance(start);
        if frame.len() > KEPT_CAPACITY {
            self.buffer = BytesMut::new();
        }
        Some(frame.freeze())
    }
}

/// Writes the header of the frame that `buffer` holds behind the room for it; where it begins.
fn write_frame_header(buffer: &mut BytesMut) -> usize {
    let len = (buffer.len() - MAX_FRAME_HEADER) as u64;
    let header = FrameHeader { opcode: OpCode::Data(Data::Binary), ..FrameHeader::default() };
    let start = MAX_FRAME_HEADER - header.len(len);
    header
        .format(len, &mut &mut buffer[start..MAX_FRAME_HEADER])
        .expect("the room before a batch holds any unmasked header");
    start
}

/// A frame of one envelope, whose payload lies in `buffer` behind [`BEFORE_PAYLOAD`]: where it is, without a copy.
pub(crate) fn frame_of_one(header: &Header, mut buffer: BytesMut) -> Result<Bytes, EncodeError> {
    let len = buffer.len().saturating_sub(BEFORE_PAYLOAD);
    let len = u32::try_from(len).map_err(|_| EncodeError::TooLarge(len))?;
    if let Some(room) = buffer.get_mut(MAX_FRAME_HEADER..BEFORE_PAYLOAD)
        && let Some((version, room)) = room.split_first_mut()
    {
        *version = VERSION;
        room.copy_from_slice(&header.bytes(len));
    }
    let start = write_frame_header(&mut buffer);
    buffer.advance(start);
    Ok(buffer.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ActorId;
    use crate::message::Subject;

    #[test]
    fn a_frame_of_one_is_what_a_batch_of_one_is() {
        for len in [0, 1, 78, 79, 125, 126, 65_535, 65_536, 200_000] {
            let payload = vec![7; len];
            let header = Header { tag: 9, request: 3, ..Header::new(Subject::Ask, ActorId::ARBITER) };
            let mut out = OutBuffer::new();
            out.envelope(&header, |out| {
                out.put_raw(&payload);
                Ok(())
            })
            .unwrap();
            let mut buffer = BytesMut::zeroed(BEFORE_PAYLOAD);
            buffer.extend_from_slice(&payload);
            assert_eq!(frame_of_one(&header, buffer).unwrap(), out.take_frame().unwrap(), "{len}");
        }
    }
}
