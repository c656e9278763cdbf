//! What a mailbox holds: messages, moved or as bytes, and built-in commands. Data only.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use crate::command::{OpenCall, Verb};
use crate::id::ActorId;
use crate::message::{Tag, Tells};
use crate::peer::Peer;
use crate::reply::{AnySlot, Reply, ReplyTo};

/// One accepted message. It is half a cache line for a small one: messages go from one core to another by the line.
pub(crate) struct Item<M> {
    pub(crate) body: Body<M>,
    pub(crate) whence: Whence,
}

/// Where a message of this process comes from.
pub(crate) enum Whence {
    /// Nobody waits for an answer; who sent it.
    Told(ActorId),
    /// Whoever asked waits in this slot, which knows who that is and until when.
    Asked(Arc<dyn AnySlot>),
}

impl Whence {
    /// What waits in `slot`, if anything does; else what is told by `sender`.
    #[inline]
    pub(crate) fn new(slot: Option<Arc<dyn AnySlot>>, sender: impl FnOnce() -> ActorId) -> Self {
        slot.map_or_else(|| Self::Told(sender()), Self::Asked)
    }

    /// The way back, who sent it, and until when an answer is waited for.
    #[inline]
    pub(crate) fn open(self) -> (Reply, ActorId, Option<Instant>) {
        match self {
            Self::Told(sender) => (Reply::none(), sender, None),
            Self::Asked(slot) => {
                let (sender, deadline) = slot.asked();
                (Reply::to(ReplyTo::Slot(slot)), sender, deadline)
            }
        }
    }
}

impl<M> Item<M> {
    /// One that nobody waits for, and of which nothing is known yet.
    pub(super) fn told(body: Body<M>) -> Self {
        Self { body, whence: Whence::Told(ActorId::ARBITER) }
    }

    /// Whether somebody of this process asked, and has given up since.
    pub(crate) fn gone(&self) -> bool {
        matches!(&self.whence, Whence::Asked(slot) if slot.gone())
    }

    /// It will not be handled.
    pub(crate) fn into_reply(self) -> Reply {
        match self.body {
            Body::Encoded(call) => call.reply,
            Body::Typed(_) | Body::Open(_) | Body::Tells(_) | Body::Told => self.whence.open().0,
        }
    }
}

/// What a message says.
pub(crate) enum Body<M> {
    /// A variant of the actor's own enum, moved.
    Typed(M),
    /// An open command, moved.
    Open(Box<OpenCall>),
    /// Bytes from another process, with what came with them: what is beside the body says nothing then.
    Encoded(Box<Envelope<EncodedCall>>),
    /// The bytes of several, which are counted one by one.
    Tells(Box<EncodedTells>),
    /// The next of those that the receiver has at hand.
    Told,
}

/// A message that came as bytes; decoded only where it is handled.
pub(crate) struct EncodedCall {
    pub(crate) open: bool,
    pub(crate) tag: Tag,
    pub(crate) payload: Bytes,
    pub(crate) peer: Arc<dyn Peer>,
}

/// Messages that came one behind the other from one process, none of which is answered.
pub(crate) struct EncodedTells {
    pub(crate) tells: Tells,
    pub(crate) origin: Origin,
}

/// Another process, and its number.
pub(crate) struct Origin {
    pub(crate) process: u32,
    pub(crate) peer: Arc<dyn Peer>,
}

/// A built-in command on its way.
pub(crate) struct ControlItem {
    pub(crate) verb: Verb,
    pub(crate) reply: Reply,
    /// The process it came from; `None` for this one.
    pub(crate) process: Option<u32>,
}

/// A message that was not accepted, with the reason.
pub(crate) enum Refused<T> {
    /// There is no room now. With a waker, the sender has its place in the queue of those who wait.
    Full(T),
    /// The incarnation is over.
    Closed(T),
}

/// A message with what goes with it.
pub(crate) struct Envelope<T> {
    pub(crate) content: T,
    pub(crate) reply: Reply,
    pub(crate) sender: ActorId,
    pub(crate) deadline: Option<Instant>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_message_is_half_a_cache_line() {
        assert!(size_of::<Item<u64>>() <= 32, "{} bytes", size_of::<Item<u64>>());
    }
}
