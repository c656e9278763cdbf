//! What is sent: how it goes onto a connection, and who is said to have sent it.

use std::sync::Arc;
use std::time::Instant;

use crate::actor::{Core, Message};
use crate::command::{Internal, OpenCall, Payload, Verb};
use crate::error::Failure;
use crate::id::{ActorId, Incarnation};
use crate::message::{EncodeError, Encoder, Subject};
use crate::peer::{self, Peer};
use crate::reply::{AnySlot, Reply, ReplyTo};
use crate::scope;

/// What is sent.
pub(crate) enum Content<M> {
    Typed(M),
    Open(OpenCall),
    Verb(Box<Verb>),
}

impl<M> From<Payload> for Content<M> {
    fn from(payload: Payload) -> Self {
        match payload {
            Payload::Open(call) => Self::Open(call),
            Payload::Verb(verb) => Self::Verb(verb),
        }
    }
}

/// Onto the connection, with the number of the ask there. `content` is left where it was if that is over.
pub(super) fn send_remote<M: Message>(
    target: ActorId,
    peer: &Arc<dyn Peer>,
    incarnation: Incarnation,
    content: &mut Option<Content<M>>,
    slot: Option<Arc<dyn AnySlot>>,
    deadline: Option<Instant>,
) -> Result<u64, Failure> {
    let Some(sent) = content.as_ref() else { return Err(Failure::NoReply) };
    let asks = slot.is_some();
    let (subject, tag) = match sent {
        Content::Typed(message) => (if asks { Subject::Ask } else { Subject::Tell }, message.tag()),
        Content::Open(call) => (if asks { Subject::Open } else { Subject::OpenTell }, call.tag()),
        Content::Verb(_) => (Subject::Control, 0),
    };
    // A tell that was accepted does not expire.
    let deadline = deadline.filter(|_| asks);
    // A built-in command is for whichever incarnation lives.
    let incarnation = if matches!(sent, Content::Verb(_)) { 0 } else { incarnation };
    let heading = peer::Heading { subject, tag, target, sender: sender(), incarnation, deadline };
    let mut payload = |out: &mut Encoder<'_>| -> Result<(), EncodeError> {
        match sent {
            Content::Typed(message) => message.encode(out),
            Content::Open(call) => call.encode(out),
            Content::Verb(verb) => out.put(verb),
        }
    };
    let request = peer.send(&heading, slot, &mut payload)?;
    *content = None;
    Ok(request)
}

/// Wraps a built-in command for the arbiter, in which the supervisor or monitor `id` lives.
pub(super) fn for_monitor<M>(id: ActorId, content: &mut Option<Content<M>>) {
    match content.take() {
        Some(Content::Verb(verb)) if !matches!(*verb, Verb::Internal(_)) => {
            *content = Some(Content::Verb(Box::new(Verb::Internal(Internal::Monitor { id, verb }))));
        }
        other => *content = other,
    }
}

pub(super) fn reply_to(slot: Option<Arc<dyn AnySlot>>) -> Reply {
    slot.map_or_else(Reply::none, |slot| Reply::to(ReplyTo::Slot(slot)))
}

/// The actor that is running on this thread; the arbiter's id stands for none.
#[inline]
pub(super) fn sender() -> ActorId {
    scope::with_core(|core| core.id).unwrap_or(ActorId::ARBITER)
}

/// The same, and whether it is the handler of `target` itself that is being polled.
#[inline]
pub(super) fn sender_to(target: Option<ActorId>) -> (ActorId, bool) {
    let itself = |core: &Core| Some(core.id) == target && core.handling.get();
    scope::with_core(|core| (core.id, itself(core))).unwrap_or((ActorId::ARBITER, false))
}

/// Whether the handler that is being polled asks its own actor, which could not answer before it returns.
pub(super) fn asks_itself(target: ActorId) -> bool {
    scope::with_core(|core| core.id == target && core.handling.get()).unwrap_or(false)
}
