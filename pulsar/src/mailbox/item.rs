//! What a mailbox holds: messages, moved or as bytes, and built-in commands. Data only.

use std::num::NonZeroU64;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::command::{OpenCall, Verb};
use crate::id::ActorId;
use crate::message::{Tag, Tells};
use crate::peer::Peer;
use crate::reply::Reply;

/// One accepted message.
pub(crate) struct Item<M> {
    pub(crate) body: Body<M>,
    pub(crate) reply: Reply,
    pub(crate) sender: ActorId,
    pub(crate) deadline: Due,
}

/// A deadline in half the room of an instant: in nanoseconds since a time that this process has chosen. Messages go from one
/// core to another by the cache line.
#[derive(Clone, Copy, Default)]
pub(crate) struct Due(Option<NonZeroU64>);

impl From<Option<Instant>> for Due {
    #[inline]
    fn from(at: Option<Instant>) -> Self {
        let nanos = |at: Instant| u64::try_from(at.saturating_duration_since(origin()).as_nanos()).unwrap_or(u64::MAX);
        Self(at.and_then(|at| NonZeroU64::new(nanos(at).max(1))))
    }
}

impl Due {
    #[inline]
    pub(crate) fn at(self) -> Option<Instant> {
        self.0.and_then(|nanos| origin().checked_add(Duration::from_nanos(nanos.get())))
    }
}

#[inline]
fn origin() -> Instant {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    *ORIGIN.get_or_init(Instant::now)
}

/// What a message says.
pub(crate) enum Body<M> {
    /// A variant of the actor's own enum, moved.
    Typed(M),
    /// An open command, moved.
    Open(Box<OpenCall>),
    /// Bytes from another process.
    Encoded(Box<EncodedCall>),
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

impl<M> Item<M> {
    /// One that nobody waits for, and of which nothing is known yet.
    pub(super) fn told(body: Body<M>) -> Self {
        Self { body, reply: Reply::none(), sender: ActorId::ARBITER, deadline: Due::default() }
    }
}

impl<T> Envelope<T> {
    pub(super) fn map<U>(self, body: impl FnOnce(T) -> U) -> Envelope<U> {
        Envelope { content: body(self.content), reply: self.reply, sender: self.sender, deadline: self.deadline }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_message_is_a_cache_line() {
        assert!(size_of::<Item<u64>>() <= 64, "{} bytes", size_of::<Item<u64>>());
    }

    #[test]
    fn a_deadline_is_found_as_it_was() {
        let _ = origin();
        let at = Instant::now();
        for at in [at + Duration::from_nanos(1), at + Duration::from_secs(5), at + Duration::from_secs(1 << 25)] {
            assert_eq!(Due::from(Some(at)).at(), Some(at));
        }
        assert_eq!(Due::from(None).at(), None);
        // One that was over before is over.
        assert!(at.checked_sub(Duration::from_secs(60)).is_none_or(|past| Due::from(Some(past)).at() <= Some(at)));
    }
}
