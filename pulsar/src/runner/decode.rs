//! Bytes from another process into a command. What they are not is said to whoever sent them.

use crate::actor::{Actor, Message};
use crate::command::{OpenCall, find_open};
use crate::error::Failure;
use crate::mailbox::{Body, EncodedCall};
use crate::message::{DecodeErrorKind, Decoder, Tag};

/// A message from another process, where it is handled.
pub(super) fn decode<A: Actor>(call: &EncodedCall) -> Result<Body<A::Message>, Failure> {
    let EncodedCall { open, tag, payload, .. } = call;
    if *open {
        return decode_open(*tag, payload).map(|call| Body::Open(Box::new(call)));
    }
    let mut input = Decoder::new(payload);
    let message = A::Message::decode(*tag, &mut input).and_then(|message| input.finish().map(|()| message));
    message.map(Body::Typed).map_err(|error| match error.kind() {
        DecodeErrorKind::UnknownCommand(tag) => Failure::UnknownCommand { command: format!("with tag {tag:#010x}") },
        _ => Failure::Protocol(error.to_string()),
    })
}

pub(crate) fn decode_open(tag: Tag, payload: &[u8]) -> Result<OpenCall, Failure> {
    let entry = find_open(tag).ok_or_else(|| Failure::UnknownCommand { command: format!("with tag {tag:#010x}") })?;
    OpenCall::decode(entry, payload).map_err(|error| Failure::Protocol(error.to_string()))
}
