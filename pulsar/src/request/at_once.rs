//! What most messages take: the way into a mailbox of this process that has room. Must not wait for anything.

use std::sync::Arc;
use std::time::Instant;

use super::content::{Content, sender, sender_to};
use crate::actor::Actor;
use crate::mailbox::{Body, Item};
use crate::proxy::Proxy;
use crate::reply::{AnySlot, Reply, ReplyTo};

/// Delivers what can be delivered at once: a command of its own to an actor of this process that has room for it. False if it
/// could not; nothing has become of it then.
#[inline]
pub(super) fn at_once<A: Actor, S: AnySlot>(
    proxy: &Proxy<A>,
    content: &mut Option<Content<A::Message>>,
    slot: Option<&Arc<S>>,
    deadline: Option<Instant>,
) -> bool {
    if proxy.key().is_some() || !matches!(content, Some(Content::Typed(_))) {
        return false;
    }
    // Whoever only tells itself something does not wait for it.
    let (sender, itself) = if slot.is_some() { sender_to(proxy.id()) } else { (sender(), false) };
    if itself {
        return false;
    }
    let item = || match content.take() {
        Some(Content::Typed(message)) => {
            let reply = slot.map_or_else(Reply::none, |slot| Reply::to(ReplyTo::Slot(slot.clone())));
            Some(Item { body: Body::Typed(message), reply, sender, deadline: deadline.into() })
        }
        other => {
            *content = other;
            None
        }
    };
    proxy.near().with(|mailbox| mailbox.push_now(item)).unwrap_or(false)
}
