//! What a mailbox holds: messages, moved or as bytes, and built-in commands. Data only.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use crate::command::{OpenCall, Verb};
use crate::id::ActorId;
use crate::message::Tag;
use crate::peer::Peer;
use crate::reply::Reply;

/// One accepted message.
pub(crate) struct Item<M> {
    pub(crate) body: Body<M>,
    pub(crate) reply: Reply,
    pub(crate) sender: ActorId,
    pub(crate) deadline: Option<Instant>,
}

/// What a message says.
pub(crate) enum Body<M> {
    /// A variant of the actor's own enum, moved.
    Typed(M),
    /// An open command, moved.
    Open(OpenCall),
    /// Bytes from another process.
    Encoded(Box<EncodedCall>),
}

/// A message that came as bytes; decoded only where it is handled.
pub(crate) struct EncodedCall {
    pub(crate) open: bool,
    pub(crate) tag: Tag,
    pub(crate) payload: Bytes,
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

impl<T> Envelope<T> {
    pub(super) fn map<U>(self, body: impl FnOnce(T) -> U) -> Envelope<U> {
        Envelope { content: body(self.content), reply: self.reply, sender: self.sender, deadline: self.deadline }
    }
}
