//! Large payloads in pieces: out under credit, so that small messages pass between them; in, put together again.
//!
//! What one sender says to one receiver stays in order: what follows a large message waits behind it.

use std::collections::{HashMap, VecDeque};

use bytes::{Bytes, BytesMut};

use crate::address::MAX_WINDOW;
use crate::id::ActorId;
use crate::message::{FLAG_LAST, Header, OutBuffer, Subject};

/// The size of a piece, in bytes.
pub(super) const CHUNK: usize = 256 << 10;

/// The largest message, in bytes, and the most that a connection puts together at once.
pub(super) const MAX_MESSAGE: usize = 256 << 20;

/// What keeping a message costs besides its payload, in bytes.
const OVERHEAD: usize = 256;

/// How many pieces of one message may be on their way.
const CREDIT: u32 = 8;

/// Messages on their way out.
#[derive(Default)]
pub(super) struct Chunks(VecDeque<Stream>);

struct Stream {
    request: u64,
    reply: bool,
    rest: Bytes,
    credit: u32,
}

/// Whether the numbers of this subject are those of the other process.
fn is_reply(subject: Subject) -> bool {
    matches!(subject, Subject::Reply | Subject::Error)
}

impl Chunks {
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|stream| stream.rest.len()).sum()
    }

    pub(super) fn push(&mut self, header: &Header, rest: Bytes) {
        self.0.push_back(Stream { request: header.request, reply: is_reply(header.subject), rest, credit: CREDIT });
    }

    pub(super) fn credit(&mut self, request: u64, reply: bool) {
        if let Some(stream) = self.0.iter_mut().find(|stream| stream.request == request && stream.reply == reply) {
            stream.credit = (stream.credit + 1).min(CREDIT);
        }
    }

    /// Appends the next piece that may go.
    pub(super) fn next_into(&mut self, batch: &mut OutBuffer) {
        let Some(at) = self.0.iter().position(|stream| stream.credit > 0) else { return };
        let Some(mut stream) = self.0.remove(at) else { return };
        stream.credit -= 1;
        let piece = stream.rest.split_to(CHUNK.min(stream.rest.len()));
        let mut header = Header::new(Subject::Chunk, ActorId::ARBITER);
        header.request = stream.request;
        header.tag = u32::from(stream.reply);
        header.flags = if stream.rest.is_empty() { FLAG_LAST } else { 0 };
        let appended = batch.envelope(&header, |out| {
            out.put_raw(&piece);
            Ok(())
        });
        if appended.is_ok() && !stream.rest.is_empty() {
            // Behind the others: they take turns.
            self.0.push_back(stream);
        }
    }
}

/// Messages that have come in part, and what has to wait behind them.
#[derive(Default)]
pub(super) struct Partials {
    open: HashMap<(u64, bool), Partial>,
    /// What one sender said to one receiver since the first message of theirs that is still coming, in order.
    lanes: HashMap<(ActorId, ActorId), VecDeque<Entry>>,
    held: usize,
    /// Actors that are sent nothing more, once what is coming for them has come.
    left: Vec<ActorId>,
}

struct Partial {
    header: Header,
    payload: BytesMut,
}

enum Entry {
    /// Still coming.
    Coming((u64, bool)),
    /// Whole, but behind one that is not.
    Whole(Header, Bytes),
}

/// What a peer must not do.
pub(super) struct Overrun;

/// Whether order is kept among messages of this subject: not in the control lane, and replies are each for themselves.
fn in_order(subject: Subject) -> bool {
    matches!(subject, Subject::Ask | Subject::Tell | Subject::Open | Subject::OpenTell)
}

impl Partials {
    /// A message whose beginning has come.
    pub(super) fn begin(&mut self, header: Header, first: &Bytes) -> Result<(), Overrun> {
        self.hold(first.len() + OVERHEAD)?;
        let key = (header.request, is_reply(header.subject));
        if in_order(header.subject) {
            self.lanes.entry((header.sender, header.target)).or_default().push_back(Entry::Coming(key));
        }
        let partial = Partial { header, payload: BytesMut::from(&first[..]) };
        if self.open.insert(key, partial).is_some() { Err(Overrun) } else { Ok(()) }
    }

    /// Keeps a message back that must not overtake an earlier one; gives it back if there is none.
    pub(super) fn hold_back(&mut self, header: Header, payload: Bytes) -> Result<Option<(Header, Bytes)>, Overrun> {
        if !in_order(header.subject) || self.lanes.is_empty() {
            return Ok(Some((header, payload)));
        }
        let Some(lane) = self.lanes.get_mut(&(header.sender, header.target)) else {
            return Ok(Some((header, payload)));
        };
        let size = payload.len() + OVERHEAD;
        lane.push_back(Entry::Whole(header, payload));
        self.hold(size)?;
        Ok(None)
    }

    /// Whether anything is still coming.
    pub(super) fn are_open(&self) -> bool {
        !self.lanes.is_empty()
    }

    /// A piece. With the last, the message and what waited behind it, in order, unless it has to wait itself.
    pub(super) fn add(&mut self, header: &Header, piece: &Bytes) -> Result<Vec<(Header, Bytes)>, Overrun> {
        let key = (header.request, header.tag == 1);
        self.hold(piece.len())?;
        let Some(partial) = self.open.get_mut(&key) else { return Err(Overrun) };
        partial.payload.extend_from_slice(piece);
        if header.flags & FLAG_LAST == 0 {
            return Ok(Vec::new());
        }
        let Some(Partial { mut header, payload }) = self.open.remove(&key) else { return Err(Overrun) };
        header.flags = 0;
        let mut whole = Vec::new();
        let pair = (header.sender, header.target);
        match self.lanes.get_mut(&pair).filter(|_| in_order(header.subject)) {
            None => whole.push((header, payload.freeze())),
            Some(lane) => {
                let place = lane.iter_mut().find(|entry| matches!(entry, Entry::Coming(coming) if *coming == key));
                if let Some(place) = place {
                    *place = Entry::Whole(header, payload.freeze());
                }
                while let Some(Entry::Whole(..)) = lane.front() {
                    if let Some(Entry::Whole(header, payload)) = lane.pop_front() {
                        whole.push((header, payload));
                    }
                }
                if lane.is_empty() {
                    self.lanes.remove(&pair);
                }
            }
        }
        self.held -= whole.iter().map(|(_, payload)| payload.len() + OVERHEAD).sum::<usize>();
        Ok(whole)
    }

    /// The other end sends `id` nothing more. True if all of it has come; else it is told by [`arrived`](Self::arrived).
    pub(super) fn leave(&mut self, id: ActorId) -> bool {
        let all = !self.is_coming(id);
        if !all {
            self.left.push(id);
        }
        all
    }

    /// Those to whom the last of what they were sent has come.
    pub(super) fn arrived(&mut self) -> Vec<ActorId> {
        if self.left.is_empty() {
            return Vec::new();
        }
        let (coming, arrived) = std::mem::take(&mut self.left).into_iter().partition(|&id| self.is_coming(id));
        self.left = coming;
        arrived
    }

    fn is_coming(&self, id: ActorId) -> bool {
        self.lanes.keys().any(|&(_, target)| target == id)
    }

    fn hold(&mut self, size: usize) -> Result<(), Overrun> {
        self.held += size;
        if self.held > MAX_MESSAGE + MAX_WINDOW as usize * (CHUNK + OVERHEAD) { Err(Overrun) } else { Ok(()) }
    }
}
