//! One delivery: from a proxy to a mailbox, or onto the connection to another process.

use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Instant;

use crate::actor::{Actor, Message};
use crate::address::{Address, Entry, Route, Window};
use crate::command::{OpenCall, Payload, Verb};
use crate::error::{Failure, Started};
use crate::id::{ActorId, Incarnation};
use crate::mailbox::{AnyMailbox, Body, ControlItem, Envelope, Item, Mailbox, Refused, Ticket};
use crate::message::{EncodeError, Encoder, Subject};
use crate::node::node;
use crate::peer::{self, Peer};
use crate::proxy::Proxy;
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

/// A place in a window, given back unless the message was sent: its own code may fail, or panic.
struct Place<'a>(Option<&'a Arc<Window>>);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(window) = self.0 {
            window.credit(1);
        }
    }
}

/// Where a message went.
pub(crate) enum Delivered {
    Here,
    Peer { peer: Arc<dyn Peer>, request: u64 },
}

/// The state of a delivery that may have to wait for room.
#[derive(Default)]
pub(crate) struct Delivery {
    ticket: Ticket,
    held: Option<Held>,
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
        if slot.is_some() && !matches!(content, Some(Content::Verb(_))) && asks_itself(proxy.id()) {
            return Poll::Ready(Err(Failure::SelfCall));
        }
        if let Some(Content::Typed(_)) = content {
            match proxy.with_near(|mailbox| self.push(mailbox, content, slot.clone(), deadline, waker)) {
                Some(Pushed::Yes) => return Poll::Ready(Ok(Delivered::Here)),
                Some(Pushed::Full) => return Poll::Pending,
                Some(Pushed::Closed) => proxy.set_near(None),
                None => {}
            }
        }
        let address = proxy.address();
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
                Route::Gone(reason) => Poll::Ready(Err(Failure::died(reason, Started::No))),
                Route::Missing => Poll::Ready(Err(Failure::UnknownActor { target: address.label() })),
                Route::Local { mailbox, incarnation } => {
                    match self.here(proxy, &mailbox, content, slot.clone(), deadline, waker) {
                        Err(failure) => Poll::Ready(Err(failure)),
                        Ok(Pushed::Yes) => Poll::Ready(Ok(Delivered::Here)),
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
                    let sent = send_remote(address.id(), &peer, incarnation, content, slot.clone(), deadline);
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
        mailbox: &Arc<dyn AnyMailbox>,
        content: &mut Option<Content<A::Message>>,
        slot: Option<Arc<dyn AnySlot>>,
        deadline: Option<Instant>,
        waker: Option<&Waker>,
    ) -> Result<Pushed, Failure> {
        match content.take() {
            None => Err(Failure::NoReply),
            Some(Content::Typed(message)) => {
                *content = Some(Content::Typed(message));
                match mailbox.clone().into_any().downcast::<Mailbox<A::Message>>() {
                    Ok(mailbox) => {
                        proxy.set_near(Some(mailbox.clone()));
                        Ok(self.push(&mailbox, content, slot, deadline, waker))
                    }
                    Err(_) => {
                        Err(Failure::Schema(format!("`{}` is an actor of another type", proxy.address().label())))
                    }
                }
            }
            Some(Content::Open(call)) => {
                self.hold(Held::Mailbox(mailbox.clone()));
                let envelope = Envelope { content: call, reply: reply_to(slot), sender: sender(), deadline };
                let (call, pushed) = match mailbox.push_open(envelope, &mut self.ticket, waker) {
                    Ok(()) => return Ok(Pushed::Yes),
                    Err(Refused::Full(call)) => (call, Pushed::Full),
                    Err(Refused::Closed(call)) => (call, Pushed::Closed),
                };
                call.reply.into_to();
                *content = Some(Content::Open(call.content));
                Ok(pushed)
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
        deadline: Option<Instant>,
        waker: Option<&Waker>,
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
        let item = Item { body: Body::Typed(message), reply: reply_to(slot), sender: sender(), deadline };
        let (item, pushed) = match mailbox.push(item, &mut self.ticket, waker) {
            Ok(()) => return Pushed::Yes,
            Err(Refused::Full(item)) => (item, Pushed::Full),
            Err(Refused::Closed(item)) => (item, Pushed::Closed),
        };
        item.reply.into_to();
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
    fn drop(&mut self) {
        self.let_go();
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

/// Onto the connection. `content` is left where it was if that is over.
fn send_remote<M: Message>(
    target: ActorId,
    peer: &Arc<dyn Peer>,
    incarnation: Incarnation,
    content: &mut Option<Content<M>>,
    slot: Option<Arc<dyn AnySlot>>,
    deadline: Option<Instant>,
) -> Result<Delivered, Failure> {
    let Some(sent) = content.as_ref() else { return Err(Failure::NoReply) };
    let asks = slot.is_some();
    let (subject, tag) = match sent {
        Content::Typed(message) => (if asks { Subject::Ask } else { Subject::Tell }, message.tag()),
        Content::Open(call) => (if asks { Subject::Open } else { Subject::OpenTell }, call.tag()),
        Content::Verb(_) => (Subject::Control, 0),
    };
    // A tell that was accepted does not expire.
    let deadline = deadline.filter(|_| asks).map(|deadline| deadline.saturating_duration_since(Instant::now()));
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
    Ok(Delivered::Peer { peer: peer.clone(), request })
}

fn reply_to(slot: Option<Arc<dyn AnySlot>>) -> Reply {
    slot.map_or_else(Reply::none, |slot| Reply::to(ReplyTo::Slot(slot)))
}

/// The actor that is running on this thread; the arbiter's id stands for none.
fn sender() -> ActorId {
    scope::with_core(|core| core.id).unwrap_or(ActorId::ARBITER)
}

/// Whether the handler that is being polled asks its own actor, which could not answer before it returns.
fn asks_itself(target: ActorId) -> bool {
    scope::with_core(|core| core.id == target && core.handling.get()).unwrap_or(false)
}
