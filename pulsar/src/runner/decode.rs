//! Bytes from another process into a command. What they are not is said to whoever sent them.

use std::time::Instant;

use super::credits::Credits;
use crate::actor::{Actor, Core, Message};
use crate::command::{OpenCall, find_open};
use crate::error::Failure;
use crate::id::ActorId;
use crate::mailbox::{Body, EncodedCall, Receiver};
use crate::message::{DecodeErrorKind, Decoder, Tag};
use crate::reply::Reply;

/// A message from another process, where it is handled.
pub(super) fn decode<A: Actor>(call: &EncodedCall) -> Result<Body<A::Message>, Failure> {
    let EncodedCall { open, tag, payload, .. } = call;
    if *open {
        return decode_open(*tag, payload).map(|call| Body::Open(Box::new(call)));
    }
    decode_own::<A>(*tag, payload).map(Body::Typed)
}

/// The next of what another process has told, and who sent it.
#[inline]
pub(super) fn decode_told<A: Actor>(
    core: &Core,
    mailbox: &mut Receiver<A::Message>,
    credits: &mut Credits,
) -> Option<(ActorId, Result<A::Message, Failure>)> {
    mailbox.next_told(|origin, sender, tag, payload| {
        credits.took(core, origin.process, &origin.peer);
        (sender, decode_own::<A>(tag, payload))
    })
}

/// One of the actor's own commands.
#[inline]
fn decode_own<A: Actor>(tag: Tag, payload: &[u8]) -> Result<A::Message, Failure> {
    let mut input = Decoder::new(payload);
    let message = A::Message::decode(tag, &mut input).and_then(|message| input.finish().map(|()| message));
    message.map_err(|error| match error.kind() {
        DecodeErrorKind::UnknownCommand(tag) => Failure::UnknownCommand { command: format!("with tag {tag:#010x}") },
        _ => Failure::Protocol(error.to_string()),
    })
}

/// What came from another process is no message: says so.
#[cold]
pub(super) fn refuse<T>(core: &Core, reply: Reply, failure: Failure) -> Option<T> {
    core.dropped.set(core.dropped.get() + 1);
    tracing::warn!(actor = %core.name(), error = %failure, "a message was refused");
    reply.fail(failure);
    None
}

/// Drops a message that nobody waits for any more.
pub(super) fn unwanted<T>(core: &Core, reply: Reply) -> Option<T> {
    core.dropped.set(core.dropped.get() + 1);
    drop(reply.into_to());
    None
}

/// Counts what came from another process; whether it expired on its way.
pub(super) fn is_late(core: &Core, call: &EncodedCall, deadline: Option<Instant>, credits: &mut Credits) -> bool {
    credits.took(core, call.peer.process(), &call.peer);
    deadline.is_some_and(|deadline| deadline <= Instant::now())
}

pub(crate) fn decode_open(tag: Tag, payload: &[u8]) -> Result<OpenCall, Failure> {
    let entry = find_open(tag).ok_or_else(|| Failure::UnknownCommand { command: format!("with tag {tag:#010x}") })?;
    OpenCall::decode(entry, payload).map_err(|error| Failure::Protocol(error.to_string()))
}
