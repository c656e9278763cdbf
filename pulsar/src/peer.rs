//! The contract of a connection to another process, as mailboxes, replies and requests see it.

use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use crate::error::Failure;
use crate::id::{ActorId, Incarnation};
use crate::message::{EncodeError, Encoder, Subject, Tag};
use crate::reply::AnySlot;

/// Writes a payload in place.
pub(crate) type Payload<'a> = &'a mut dyn FnMut(&mut Encoder<'_>) -> Result<(), EncodeError>;

/// What is said of a message besides its payload.
pub(crate) struct Heading {
    pub(crate) subject: Subject,
    pub(crate) tag: Tag,
    pub(crate) target: ActorId,
    pub(crate) sender: ActorId,
    pub(crate) incarnation: Incarnation,
    pub(crate) deadline: Option<Instant>,
}

/// Another process of the program, reached through one connection.
pub(crate) trait Peer: Send + Sync {
    /// The number of the process at the other end.
    fn process(&self) -> u32;
    /// Sends a message; with a slot, its answer ends there. Returns the request's number (0 without a slot).
    fn send(&self, heading: &Heading, slot: Option<Arc<dyn AnySlot>>, payload: Payload<'_>) -> Result<u64, Failure>;
    /// The caller has given up `request`, which it sent.
    fn cancel(&self, request: u64);
    /// Answers `request`, which came from there. False if its caller has gone.
    fn answer(&self, request: u64, ok: bool, payload: Payload<'_>) -> bool;
    /// Fails `request`, which came from there. False if its caller has gone.
    fn fail(&self, request: u64, failure: Failure) -> bool;
    /// Whether the caller of `request`, which came from there, has gone.
    fn gone(&self, request: u64) -> bool;
    /// Wakes `waker` once the caller of `request` has gone; true if it has.
    fn watch(&self, request: u64, waker: &Waker) -> bool;
    /// The incarnation of `target`, in this process, has taken `count` messages that came from there.
    fn taken(&self, target: ActorId, incarnation: Incarnation, count: u32);
}
