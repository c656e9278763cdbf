//! One delivery: from a proxy to a mailbox, or onto the connection to another process.

use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Instant;

use super::content::{Content, asks_itself, for_monitor, reply_to, send_remote, sender};
use crate::actor::Actor;
use crate::address::{Address, Entry, Load, Route, Watch, Window};
use crate::command::Verb;
use crate::error::{Failure, Started};
use crate::id::Incarnation;
use crate::mailbox::{AnyMailbox, Body, ControlItem, Item, Left, Mailbox, Refused, Ticket, Whence};
use crate::members::{Choice, Members};
use crate::node::node;
use crate::peer::Peer;
use crate::proxy::Proxy;
use crate::reply::AnySlot;

/// A place in a window, given back unless the message was sent: its own code may fail, or panic.
pub(super) struct Place<'a>(pub(super) Option<&'a Arc<Window>>);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(window) = self.0 {
            window.credit(1);
        }
    }
}

/// Where a message went.
pub(crate) struct Delivered {
    /// Another process, and the number of the ask there.
    pub(crate) peer: Option<(Arc<dyn Peer>, u64)>,
    /// Counts it against the member of a pool that it went to.
    _load: Option<Load>,
}

impl Delivered {
    pub(super) const HERE: Self = Self { peer: None, _load: None };
}

/// The state of a delivery that may have to wait for room.
#[derive(Default)]
pub(crate) struct Delivery {
    ticket: Ticket,
    held: Option<Held>,
    /// The member of a pool that is to get it.
    member: Option<Arc<Address>>,
    watch: Option<Box<Option<Watch>>>,
}

/// Where the ticket is held.
enum Held {
    Mailbox(Arc<dyn AnyMailbox>),
    Window(Arc<Window>),
}

impl Held {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Mailbox(a), Self::Mailbox(b)) => std::ptr::addr_eq(Arc::as_ptr(a), Arc::as_ptr(b)),
            (Self::Window(a), Self::Window(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

type Outcome = Poll<Result<Delivered, Failure>>;

impl Delivery {
    /// Delivers `content`, which is taken when it is delivered. Without a waker it waits for nothing: `Pending` is no.
    pub(crate) fn poll<A: Actor>(
        &mut self,
        proxy: &Proxy<A>,
        content: &mut Option<Content<A::Message>>,
        slot: Option<Arc<dyn AnySlot>>,
        deadline: Option<Instant>,
        waker: Option<&Waker>,
    ) -> Outcome {
        if let (Some(Content::Typed(_)), None) = (&*content, proxy.key()) {
            if slot.is_some() && asks_itself(proxy.id()) {
                return Poll::Ready(Err(Failure::SelfCall));
            }
            let waits = self.held.is_some();
            let mut left = Left::default();
            let push = |mailbox: &_| self.push(mailbox, content, slot.clone(), waker, &mut left);
            // One that has waited may give up its place elsewhere, which wakes others.
            let pushed = if waits { proxy.near().get().as_ref().map(push) } else { proxy.near().with(push) };
            drop(left);
            match pushed {
                Some(Pushed::Yes) => return Poll::Ready(Ok(Delivered::HERE)),
                Some(Pushed::Full) => return Poll::Pending,
                Some(Pushed::Closed) => proxy.near().set(None),
                None => {}
            }
        }
        let address = proxy.address();
        loop {
            let Some(members) = address.members() else {
                return self.deliver(proxy, address, content, slot, deadline, waker);
            };
            if let Some(Content::Verb(_)) = content {
                // A supervisor and a monitor answer built-in commands, in the arbiter.
                let Some(node) = node() else { return Poll::Ready(Err(Failure::NotRunning)) };
                for_monitor(address.id(), content);
                return self.deliver(proxy, node.arbiter(), content, slot, deadline, waker);
            }
            // Whoever it waits for may have ended. By key it is for a place, whoever has it now.
            let keyed = proxy.key().is_some();
            let known = self.member.take().filter(|member| !keyed && member.can_be_sent_to());
            let member = match known {
                Some(member) => member,
                None => match members.choose(proxy.key(), sender(), waker) {
                    Choice::This(member) => member,
                    Choice::Wait if self.watch(address, &members, waker) => return Poll::Pending,
                    Choice::Wait => continue,
                    Choice::Nobody => {
                        let command = format!("any: `{}` is a supervisor", address.label());
                        return Poll::Ready(Err(Failure::UnknownCommand { command }));
                    }
                },
            };
            let asks = slot.is_some();
            let outcome = self.deliver(proxy, &member, content, slot.clone(), deadline, waker);
            return match outcome {
                Poll::Ready(Ok(delivered)) => {
                    Poll::Ready(Ok(Delivered { _load: asks.then(|| member.count_ask()), ..delivered }))
                }
                // Gone for good: for the next in its place.
                Poll::Ready(Err(Failure::ActorDied { started: Started::No, .. } | Failure::UnknownActor { .. }))
                    if content.is_some() =>
                {
                    if self.watch(address, &members, waker) {
                        Poll::Pending
                    } else {
                        continue;
                    }
                }
                // It waits for room there; by key also for another to have the place.
                Poll::Pending if keyed && !self.watch(address, &members, waker) => continue,
                Poll::Pending if keyed || member.can_be_sent_to() => {
                    self.member = Some(member);
                    Poll::Pending
                }
                // It ends, or begins anew: another may be free.
                Poll::Pending => continue,
                other => other,
            };
        }
    }

    fn watch(&mut self, address: &Arc<Address>, members: &Arc<Members>, waker: Option<&Waker>) -> bool {
        address.wait_beyond_members(members, self.watch.get_or_insert_default(), waker)
    }

    /// To one actor.
    fn deliver<A: Actor>(
        &mut self,
        proxy: &Proxy<A>,
        address: &Arc<Address>,
        content: &mut Option<Content<A::Message>>,
        slot: Option<Arc<dyn AnySlot>>,
        deadline: Option<Instant>,
        waker: Option<&Waker>,
    ) -> Outcome {
        if slot.is_some() && !matches!(content, Some(Content::Verb(_))) && asks_itself(address.id()) {
            return Poll::Ready(Err(Failure::SelfCall));
        }
        loop {
            return match address.route_or_wait(waker) {
                Route::Unknown => {
                    let Some(node) = node() else { return Poll::Ready(Err(Failure::NotRunning)) };
                    node.resolver().resolve(address);
                    if matches!(address.route(), Route::Wait) {
                        Poll::Pending
                    } else {
                        continue;
                    }
                }
                Route::Wait => Poll::Pending,
                // It became one just now.
                Route::Monitor(_) => {
                    waker.into_iter().for_each(Waker::wake_by_ref);
                    Poll::Pending
                }
                Route::Gone(reason) => Poll::Ready(Err(Failure::died(reason, Started::No))),
                Route::Missing => Poll::Ready(Err(Failure::UnknownActor { target: address.label() })),
                Route::Local { mailbox, incarnation } => {
                    match self.here(proxy, address, &mailbox, content, slot.clone(), waker) {
                        Err(failure) => Poll::Ready(Err(failure)),
                        Ok(Pushed::Yes) => Poll::Ready(Ok(Delivered::HERE)),
                        Ok(Pushed::Full) => Poll::Pending,
                        Ok(Pushed::Closed) if beyond(address, incarnation, waker) => continue,
                        Ok(Pushed::Closed) => Poll::Pending,
                    }
                }
                Route::Remote { peer, incarnation, window } => {
                    let known = address.fingerprint();
                    if let Some(Content::Typed(_)) = content
                        && known.is_some_and(|known| known != proxy.fingerprint())
                    {
                        return Poll::Ready(Err(Failure::Schema(format!("`{}` is declared differently", A::NAME))));
                    }
                    if !matches!(content, Some(Content::Verb(_))) {
                        self.hold(Held::Window(window.clone()));
                        match window.enter(&mut self.ticket, waker) {
                            Entry::Open => {}
                            Entry::Full => return Poll::Pending,
                            Entry::Closed if beyond(address, incarnation, waker) => continue,
                            Entry::Closed => return Poll::Pending,
                        }
                    }
                    let windowed = !matches!(content, Some(Content::Verb(_)));
                    let mut place = Place(windowed.then_some(&window));
                    let sent = send_remote(address.id(), &peer, incarnation, content, slot.clone(), deadline)
                        .map(|request| Delivered { peer: Some((peer.clone(), request)), _load: None });
                    if sent.is_ok() {
                        place.0 = None;
                    }
                    drop(place);
                    match sent {
                        // The connection is over, and why has not been heard yet: as if the route had been lost.
                        Err(Failure::ActorDied { started: Started::No, .. }) if content.is_some() => {
                            if beyond(address, incarnation, waker) {
                                continue;
                            }
                            Poll::Pending
                        }
                        sent => Poll::Ready(sent),
                    }
                }
            };
        }
    }

    /// Into a mailbox of this process.
    fn here<A: Actor>(
        &mut self,
        proxy: &Proxy<A>,
        address: &Address,
        mailbox: &Arc<dyn AnyMailbox>,
        content: &mut Option<Content<A::Message>>,
        slot: Option<Arc<dyn AnySlot>>,
        waker: Option<&Waker>,
    ) -> Result<Pushed, Failure> {
        match content.take() {
            None => Err(Failure::NoReply),
            Some(Content::Typed(message)) => {
                *content = Some(Content::Typed(message));
                match mailbox.clone().into_any().downcast::<Mailbox<A::Message>>() {
                    Ok(mailbox) => {
                        if address.id() == proxy.id() {
                            proxy.near().set(Some(mailbox.clone()));
                        }
                        Ok(self.push(&mailbox, content, slot, waker, &mut Left::default()))
                    }
                    Err(_) => Err(Failure::Schema(format!("`{}` is an actor of another type", address.label()))),
                }
            }
            Some(Content::Open(call)) => {
                self.hold(Held::Mailbox(mailbox.clone()));
                let whence = Whence::new(slot, sender);
                let (call, pushed) = match mailbox.push_open(call, whence, &mut self.ticket, waker) {
                    Ok(()) => return Ok(Pushed::Yes),
                    Err(Refused::Full(call)) => (call, Pushed::Full),
                    Err(Refused::Closed(call)) => (call, Pushed::Closed),
                };
                *content = Some(Content::Open(call));
                Ok(pushed)
            }
            Some(Content::Verb(verb)) if mailbox.is_flooded() && !matches!(*verb, Verb::Internal(_)) => {
                Err(Failure::Full)
            }
            Some(Content::Verb(verb)) => {
                let item = ControlItem { verb: *verb, reply: reply_to(slot), process: None };
                match mailbox.push_control(item) {
                    Ok(()) => Ok(Pushed::Yes),
                    Err(item) => {
                        item.reply.into_to();
                        *content = Some(Content::Verb(Box::new(item.verb)));
                        Ok(Pushed::Closed)
                    }
                }
            }
        }
    }

    fn push<M: Send + 'static>(
        &mut self,
        mailbox: &Arc<Mailbox<M>>,
        content: &mut Option<Content<M>>,
        slot: Option<Arc<dyn AnySlot>>,
        waker: Option<&Waker>,
        left: &mut Left<M>,
    ) -> Pushed {
        let message = match content.take() {
            Some(Content::Typed(message)) => message,
            other => {
                *content = other;
                return Pushed::Closed;
            }
        };
        if self.held.is_some() {
            self.hold(Held::Mailbox(mailbox.clone()));
        }
        let item = Item { body: Body::Typed(message), whence: Whence::new(slot, sender) };
        let (item, pushed) = match mailbox.push(item, &mut self.ticket, waker, left) {
            Ok(()) => return Pushed::Yes,
            Err(Refused::Full(item)) => (item, Pushed::Full),
            Err(Refused::Closed(item)) => (item, Pushed::Closed),
        };
        if let Body::Typed(message) = item.body {
            *content = Some(Content::Typed(message));
        }
        if self.ticket.is_held() {
            self.hold(Held::Mailbox(mailbox.clone()));
        }
        pushed
    }

    /// Moves to another queue: a place in the one before is given back.
    fn hold(&mut self, held: Held) {
        if self.held.as_ref().is_some_and(|before| before.is(&held)) {
            return;
        }
        self.let_go();
        self.held = Some(held);
    }

    fn let_go(&mut self) {
        let held = self.held.take();
        if self.ticket.is_held() {
            match held {
                Some(Held::Mailbox(mailbox)) => mailbox.forget_ticket(&mut self.ticket),
                Some(Held::Window(window)) => window.forget(&mut self.ticket),
                None => {}
            }
        }
        // The ticket of a queue that is gone is worth nothing.
        if self.held.is_some() {
            self.ticket.void();
        }
    }
}

impl Drop for Delivery {
    #[inline]
    fn drop(&mut self) {
        if self.held.is_some() {
            self.let_go();
        }
    }
}

enum Pushed {
    Yes,
    Full,
    Closed,
}

/// Whether the route has moved on from the incarnation that refused a message; if not, the waker waits for that.
fn beyond(address: &Address, refused: Incarnation, waker: Option<&Waker>) -> bool {
    !address.wait_beyond(refused, waker)
}
