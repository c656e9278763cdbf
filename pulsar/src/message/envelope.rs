//! The envelope of a message: its header and the header's bytes.
//!
//! Owns the layout of a header. Must not know how envelopes are batched, or what payloads mean.

use std::fmt;
use std::time::Duration;

use bytes::{BufMut, BytesMut};

use super::{FrameError, Tag};
use crate::{ActorId, Incarnation};

/// What an envelope is about.
///
/// ```
/// use pulsar::message::Subject;
/// assert_eq!(Subject::OpenTell.to_string(), "open tell");
/// assert!(Subject::Ask.carries_data() && !Subject::Control.carries_data());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A command to the actor `target` that expects an answer under `request`.
    Ask,
    /// A command to the actor `target` that expects none.
    Tell,
    /// An open command that expects an answer under `request`.
    Open,
    /// An open command that expects none.
    OpenTell,
    /// A built-in command; answered where `request` is not 0.
    Control,
    /// The answer to `request`: its value.
    Reply,
    /// The answer to `request`: the command's own error.
    Error,
    /// The answer to `request`: why it could not be delivered or done.
    Failure,
    /// The caller gave up `request`.
    Cancel,
    /// `target` has taken as many messages as `request` says.
    Credit,
    /// A piece of a larger payload of `request`; [`FLAG_LAST`] marks the last.
    Chunk,
    /// The receiver has taken a piece of `request`.
    ChunkCredit,
    /// Housekeeping between two processes.
    Node,
}

impl Subject {
    /// All of them; the place of each is its number on the wire.
    const ALL: [Self; 13] = [
        Self::Ask,
        Self::Tell,
        Self::Open,
        Self::OpenTell,
        Self::Control,
        Self::Reply,
        Self::Error,
        Self::Failure,
        Self::Cancel,
        Self::Credit,
        Self::Chunk,
        Self::ChunkCredit,
        Self::Node,
    ];

    /// Whether a user's value is its payload, so that it may be as large as data.
    pub const fn carries_data(self) -> bool {
        matches!(self, Self::Ask | Self::Tell | Self::Open | Self::OpenTell | Self::Reply | Self::Error | Self::Chunk)
    }

    /// The flags it may have.
    const fn flags(self) -> u8 {
        match self {
            Self::Chunk => FLAG_LAST,
            Self::Ask | Self::Tell | Self::Open | Self::OpenTell | Self::Control | Self::Reply | Self::Error => {
                FLAG_MORE
            }
            _ => 0,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ask => "ask",
            Self::Tell => "tell",
            Self::Open => "open",
            Self::OpenTell => "open tell",
            Self::Control => "control",
            Self::Reply => "reply",
            Self::Error => "error",
            Self::Failure => "failure",
            Self::Cancel => "cancel",
            Self::Credit => "credit",
            Self::Chunk => "chunk",
            Self::ChunkCredit => "chunk credit",
            Self::Node => "node",
        })
    }
}

/// Of a chunk: the last of its payload.
pub const FLAG_LAST: u8 = 1;

/// Of an envelope with a payload: the payload goes on in chunks under the same request.
pub const FLAG_MORE: u8 = 2;

/// The length of a header on the wire, in bytes.
pub const HEADER_LEN: usize = 46;

/// Where in a header its fields begin.
const TAG_AT: usize = 2;
const TARGET_AT: usize = TAG_AT + 4;
const SENDER_AT: usize = TARGET_AT + 8;
const INCARNATION_AT: usize = SENDER_AT + 8;

/// Where in a header the length of its payload begins: at the end, where it is patched in.
const LEN_AT: usize = HEADER_LEN - 4;

/// What stands before each payload.
///
/// On the wire, little-endian: subject 1, flags 1, tag 4, target 8, sender 8, incarnation 4, request 8,
/// deadline 8, length of the payload 4.
///
/// ```
/// use pulsar::ActorId;
/// use pulsar::message::{HEADER_LEN, Header, Subject};
///
/// let header = Header { request: 9, ..Header::new(Subject::Cancel, ActorId::ARBITER) };
/// let mut out = bytes::BytesMut::new();
/// header.write(&mut out, 0);
/// assert_eq!(out.len(), HEADER_LEN);
/// assert_eq!(Header::read(&out).unwrap(), (header, 0));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the envelope is about.
    pub subject: Subject,
    /// [`FLAG_LAST`] or [`FLAG_MORE`], where the subject has them.
    pub flags: u8,
    /// Which command; 0 where there is none.
    pub tag: Tag,
    /// The actor it is for.
    pub target: ActorId,
    /// The actor it comes from.
    pub sender: ActorId,
    /// The incarnation of `target` that it is for; 0 for whichever lives.
    pub incarnation: Incarnation,
    /// The number that an answer bears; 0 where none is expected.
    pub request: u64,
    /// Until when the answer is awaited, on the machine's monotonic clock. It travels in microseconds, rounded up.
    pub deadline: Option<Duration>,
}

impl Header {
    /// A header with nothing but a subject and a target.
    pub const fn new(subject: Subject, target: ActorId) -> Self {
        Self { subject, flags: 0, tag: 0, target, sender: ActorId::ARBITER, incarnation: 0, request: 0, deadline: None }
    }

    /// Appends the header of a payload of `len` bytes.
    pub fn write(&self, out: &mut BytesMut, len: u32) {
        out.extend_from_slice(&self.bytes(len));
    }

    /// The header of a payload of `len` bytes.
    pub(super) fn bytes(&self, len: u32) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        let mut to = &mut bytes[..];
        to.put_u8(self.subject as u8);
        to.put_u8(self.flags);
        to.put_u32_le(self.tag);
        to.put_u64_le(self.target.raw());
        to.put_u64_le(self.sender.raw());
        to.put_u32_le(self.incarnation);
        to.put_u64_le(self.request);
        to.put_u64_le(self.deadline.map_or(0, micros));
        to.put_u32_le(len);
        bytes
    }

    /// Patches the length of the payload into the header that was written at `at`.
    pub(super) fn patch(out: &mut BytesMut, at: usize, len: u32) {
        out[at + LEN_AT..at + HEADER_LEN].copy_from_slice(&len.to_le_bytes());
    }

    /// The header that `bytes` begin with, and the length of its payload.
    ///
    /// # Errors
    ///
    /// [`FrameError`]: too few bytes, a subject that does not exist, or flags that it does not have.
    pub fn read(bytes: &[u8]) -> Result<(Self, u32), FrameError> {
        let short = FrameError::ShortHeader(bytes.len());
        let (header, _) = bytes.split_first_chunk::<HEADER_LEN>().ok_or(short)?;
        let mut from = Fields(header);
        let [number] = from.next();
        let subject = *Subject::ALL.get(usize::from(number)).ok_or(FrameError::Subject(number))?;
        let [flags] = from.next();
        if flags & !subject.flags() != 0 {
            return Err(FrameError::Flags { subject, flags });
        }
        let header = Self {
            subject,
            flags,
            tag: u32::from_le_bytes(from.next()),
            target: ActorId::from_raw(u64::from_le_bytes(from.next())),
            sender: ActorId::from_raw(u64::from_le_bytes(from.next())),
            incarnation: u32::from_le_bytes(from.next()),
            request: u64::from_le_bytes(from.next()),
            deadline: Some(u64::from_le_bytes(from.next())).filter(|&left| left != 0).map(Duration::from_micros),
        };
        Ok((header, u32::from_le_bytes(from.next())))
    }

    /// Whether two envelopes are about the same, for one incarnation, and answered under the same number by the same time.
    pub(super) fn are_alike(one: &[u8; HEADER_LEN], other: &[u8; HEADER_LEN]) -> bool {
        one[..TAG_AT] == other[..TAG_AT]
            && one[TARGET_AT..SENDER_AT] == other[TARGET_AT..SENDER_AT]
            && one[INCARNATION_AT..LEN_AT] == other[INCARNATION_AT..LEN_AT]
    }

    /// The command, and who sent it.
    #[inline]
    pub(super) fn tag_and_sender(header: &[u8; HEADER_LEN]) -> (Tag, ActorId) {
        let tag = Fields(&header[TAG_AT..]).next();
        let sender = Fields(&header[SENDER_AT..]).next();
        (u32::from_le_bytes(tag), ActorId::from_raw(u64::from_le_bytes(sender)))
    }

    /// The length of the payload.
    #[inline]
    pub(super) fn payload_len(header: &[u8; HEADER_LEN]) -> usize {
        u32::from_le_bytes(Fields(&header[LEN_AT..]).next()) as usize
    }
}

/// A point in time as it travels: never 0, which says that there is none.
fn micros(at: Duration) -> u64 {
    let seconds = at.as_secs().saturating_mul(1_000_000);
    seconds.saturating_add(u64::from(at.subsec_nanos().div_ceil(1000))).max(1)
}

/// The bytes of a header that have not been read.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    /// The next bytes. A header holds all its fields, so the zeros of the other case are never seen.
    fn next<const N: usize>(&mut self) -> [u8; N] {
        let Some((field, rest)) = self.0.split_first_chunk::<N>() else { return [0; N] };
        self.0 = rest;
        *field
    }
}
