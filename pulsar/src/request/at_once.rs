//! What most messages take: the way into a mailbox of this process that has room, or to another process whose window has.
//! Must not wait for anything.

use std::sync::Arc;

use super::content::{Content, sender};
use super::deliver::Place;
use crate::actor::{Actor, Message};
use crate::id::ActorId;
use crate::mailbox::{Body, Item, Whence};
use crate::message::Subject;
use crate::peer::Heading;
use crate::proxy::Proxy;
use crate::reply::AnySlot;

/// Delivers what can be delivered at once: a command of its own to an actor of this process that has room for it. False if it
/// could not; nothing has become of it then.
#[inline]
pub(super) fn at_once<A: Actor, S: AnySlot>(
    proxy: &Proxy<A>,
    content: &mut Option<Content<A::Message>>,
    slot: Option<&Arc<S>>,
) -> bool {
    if proxy.key().is_some() || !matches!(content, Some(Content::Typed(_))) {
        return false;
    }
    // Who asked is known to the slot.
    let sender = if slot.is_some() { ActorId::ARBITER } else { sender() };
    let item = || match content.take() {
        Some(Content::Typed(message)) => {
            let whence = match slot {
                Some(slot) => Whence::Asked(slot.clone()),
                None => Whence::Told(sender),
            };
            Some(Item { body: Body::Typed(message), whence })
        }
        other => {
            *content = other;
            None
        }
    };
    match proxy.near().with(|mailbox| mailbox.push_now(item)) {
        Some(pushed) => pushed,
        None => slot.is_none() && tell_far(proxy, content, sender),
    }
}

/// The same of what is told to an actor of another process, where its window has room.
#[inline(never)]
fn tell_far<A: Actor>(proxy: &Proxy<A>, content: &mut Option<Content<A::Message>>, sender: ActorId) -> bool {
    let Some(Content::Typed(message)) = content else { return false };
    let sent = proxy.address().with_far(|peer, far| {
        if far.fingerprint != Some(proxy.fingerprint()) || !far.window.enter_now() {
            return false;
        }
        let mut place = Place(Some(&far.window));
        let heading = Heading {
            subject: Subject::Tell,
            tag: message.tag(),
            target: proxy.id(),
            sender,
            incarnation: far.incarnation,
            deadline: None,
        };
        // What keeps it from being sent is found out, and said, where there is time for that.
        let sent = peer.send(&heading, None, &mut |out| message.encode(out)).is_ok();
        if sent {
            place.0 = None;
        }
        sent
    });
    let sent = sent == Some(true);
    if sent {
        *content = None;
    }
    sent
}
