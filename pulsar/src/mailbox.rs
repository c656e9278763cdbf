//! The bounded queue of one incarnation, with its control lane.
//!
//! Messages lie inline, as variants of the actor's generated enum. Senders wait for room in turn; the receiver swaps
//! the whole queue out under one lock. What was accepted dies with the incarnation. Must not know who sends.

mod gate;
#[cfg(all(test, feature = "_shuttle"))]
mod interleavings;
mod item;
mod receiver;

use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

pub(crate) use gate::{Gate, Inside, Ticket};
pub(crate) use item::{Body, ControlItem, EncodedCall, EncodedTells, Envelope, Item, Origin, Refused};
pub(crate) use receiver::Receiver;

use crate::address::MAX_WINDOW;
use crate::command::{Internal, OpenCall, Verb};
use crate::error::{Failure, Started};
use crate::exit::ExitReason;
use crate::recorder::Recorder;
use crate::reply::ReplyTo;
use crate::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard, lock};

/// How many built-in commands may wait. From another process fewer do: its connection is read in turn with their being
/// handled.
const MAX_CONTROL: usize = 1 << 16;

/// A mailbox whose message type is not known.
pub(crate) trait AnyMailbox: Any + Send + Sync {
    fn push_control(&self, item: ControlItem) -> Result<(), ControlItem>;
    fn push_open(
        &self,
        call: Envelope<OpenCall>,
        ticket: &mut Ticket,
        waker: Option<&Waker>,
    ) -> Result<(), Refused<Envelope<OpenCall>>>;
    /// Accepts bytes from another process, up to its window.
    fn push_encoded(&self, call: Envelope<EncodedCall>) -> Result<(), Refused<Envelope<EncodedCall>>>;
    /// The same of several. The peer has broken the protocol if they are more than its window.
    fn push_tells(&self, tells: Box<EncodedTells>) -> Result<(), Refused<Box<EncodedTells>>>;
    /// Whether so many built-in commands wait that no more are taken from its own process.
    fn is_flooded(&self) -> bool;
    /// Ends the incarnation for its senders: what was accepted and not begun is failed. Returns how many tells were lost.
    fn close(&self, reason: &ExitReason) -> u64;
    /// Takes nothing more from this process; what others sent before they heard of it is still accepted.
    fn seal(&self);
    fn forget_ticket(&self, ticket: &mut Ticket);
    fn capacity(&self) -> u32;
    fn depth(&self) -> u64;
    /// Whom the running handler owes an answer.
    fn owed(&self) -> Option<ReplyTo>;
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

/// The shared half of a mailbox. What senders write with each message comes first, what the receiver writes with each comes
/// last, and what lies between them is touched seldom: so they do not take each other's cache lines.
#[repr(C)]
pub(crate) struct Mailbox<M> {
    /// Where it is noted how many messages have come and gone.
    recorder: Recorder,
    inner: Mutex<Inner<M>>,
    /// How many messages the receiver has begun or dropped; written by it alone.
    taken: AtomicU64,
    /// How many senders wait for room.
    waiting: AtomicUsize,
    /// How many of those that were begun together with others are still to be handled.
    at_hand: AtomicU32,
    /// Whether the control lane may hold something.
    control: AtomicBool,
    /// Whom the running handler owes an answer: it must end even if the handler's thread never comes back.
    owed: Mutex<Option<ReplyTo>>,
}

#[repr(C)]
struct Inner<M> {
    queue: VecDeque<Item<M>>,
    /// How many messages were ever accepted.
    pushed: u64,
    /// How many of those were known to be taken when a sender last looked: it looks again when there seems to be no room.
    seen: u64,
    /// How many in the queue somebody waits for an answer to.
    asks: usize,
    idle: Option<Waker>,
    closed: bool,
    /// Whether it takes nothing more from its own process.
    sealed: bool,
    gate: Gate,
    control: VecDeque<ControlItem>,
    /// How many messages of each other process are inside.
    remote: Inside,
    busy: Option<Waker>,
}

/// What a push leaves behind: what it took out, which is the user's, and whom it made room for. Dropped where no lock is held.
pub(crate) struct Left<M> {
    abandoned: VecDeque<Item<M>>,
    woken: Vec<Waker>,
}

impl<M> Default for Left<M> {
    fn default() -> Self {
        Self { abandoned: VecDeque::new(), woken: Vec::new() }
    }
}

impl<M> Drop for Left<M> {
    fn drop(&mut self) {
        self.woken.drain(..).for_each(Waker::wake);
    }
}

impl<M: Send + 'static> Mailbox<M> {
    pub(crate) fn new(capacity: u32, recorder: Recorder) -> (Arc<Self>, Receiver<M>) {
        let mailbox = Arc::new(Self {
            inner: Mutex::new(Inner {
                queue: VecDeque::new(),
                pushed: 0,
                seen: 0,
                asks: 0,
                idle: None,
                closed: false,
                sealed: false,
                gate: Gate::new(capacity),
                control: VecDeque::new(),
                remote: Inside::default(),
                busy: None,
            }),
            taken: AtomicU64::new(0),
            waiting: AtomicUsize::new(0),
            at_hand: AtomicU32::new(0),
            control: AtomicBool::new(false),
            owed: Mutex::new(None),
            recorder,
        });
        let receiver = Receiver::new(mailbox.clone(), capacity);
        (mailbox, receiver)
    }

    /// Accepts a message if there is room for it and nobody waits; false, and `item` is not called, if not. Under the lock: it
    /// runs no foreign code.
    #[inline]
    pub(crate) fn push_now(&self, item: impl FnOnce() -> Option<Item<M>>) -> bool {
        let mut inner = lock(&self.inner);
        if inner.closed || inner.sealed {
            return false;
        }
        if !inner.gate.is_open(inner.pushed - inner.seen) {
            inner.seen = self.taken.load(Ordering::Acquire);
            if !inner.gate.is_open(inner.pushed - inner.seen) {
                return false;
            }
        }
        let Some(item) = item() else { return false };
        inner.asks += usize::from(!item.reply.is_tell());
        inner.put(item);
        self.accepted(inner, false);
        true
    }

    /// Accepts a message, or says why not. Without a waker a full mailbox only says so. What it leaves is the caller's to
    /// drop, once that holds no lock.
    pub(crate) fn push(
        &self,
        item: Item<M>,
        ticket: &mut Ticket,
        waker: Option<&Waker>,
        left: &mut Left<M>,
    ) -> Result<(), Refused<Item<M>>> {
        let mut inner = lock(&self.inner);
        if inner.closed || inner.sealed {
            return Err(Refused::Closed(item));
        }
        inner.seen = self.taken.load(Ordering::Acquire);
        let pending = inner.pushed - inner.seen;
        if !inner.gate.enter(pending, ticket) {
            left.abandoned = inner.take_abandoned();
            let removed = left.abandoned.len() as u64;
            if removed > 0 {
                // Those who wait already come first.
                left.woken = inner.gate.release(pending.saturating_sub(removed));
            }
            if removed == 0 || !inner.gate.enter(pending.saturating_sub(removed), ticket) {
                if let Some(waker) = waker {
                    inner.gate.wait(ticket, waker);
                    self.waiting.store(inner.gate.waiting(), Ordering::Relaxed);
                }
                return Err(Refused::Full(item));
            }
        }
        let waiting = inner.gate.waiting();
        if self.waiting.load(Ordering::Relaxed) != waiting {
            self.waiting.store(waiting, Ordering::Relaxed);
        }
        let calls = matches!(item.body, Body::Open(_));
        inner.asks += usize::from(!item.reply.is_tell());
        inner.put(item);
        self.accepted(inner, calls);
        Ok(())
    }

    /// One more is in the queue: notes it, and wakes the receiver. One that `calls` is seen by a receiver that looks for nothing
    /// else, as `main` does.
    #[inline]
    fn accepted(&self, mut inner: MutexGuard<'_, Inner<M>>, calls: bool) {
        inner.pushed += 1;
        self.recorder.accepted(inner.pushed);
        let waker = inner.idle.take();
        if calls && waker.is_some() {
            self.control.store(true, Ordering::Release);
        }
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Gives what room there is to those who wait for it, one for each `portion`.
    fn grant_room(&self, portion: u64) {
        let mut inner = lock(&self.inner);
        let pending = inner.pushed - self.taken.load(Ordering::Relaxed);
        let woken = inner.gate.release_by(pending, portion);
        self.waiting.store(inner.gate.waiting(), Ordering::Relaxed);
        drop(inner);
        woken.into_iter().for_each(Waker::wake);
    }
}

impl<M> Inner<M> {
    #[inline]
    fn put(&mut self, item: Item<M>) {
        // Room for one at first: most of many actors never have two waiting.
        if self.queue.capacity() == 0 {
            self.queue.reserve_exact(1);
        }
        self.queue.push_back(item);
    }

    /// Takes out what its callers have given up: it must not keep others waiting.
    fn take_abandoned(&mut self) -> VecDeque<Item<M>> {
        let gone = |item: &Item<M>| !matches!(item.body, Body::Encoded(_)) && item.reply.gone();
        if self.asks == 0 || !self.queue.iter().any(gone) {
            return VecDeque::new();
        }
        let (taken, kept): (VecDeque<_>, VecDeque<_>) = std::mem::take(&mut self.queue).into_iter().partition(gone);
        self.queue = kept;
        self.pushed -= taken.len() as u64;
        self.asks = self.asks.saturating_sub(taken.len());
        taken
    }
}

impl<M: Send + 'static> AnyMailbox for Mailbox<M> {
    fn push_control(&self, item: ControlItem) -> Result<(), ControlItem> {
        let mut inner = lock(&self.inner);
        if inner.closed {
            return Err(item);
        }
        inner.control.push_back(item);
        self.control.store(true, Ordering::Release);
        let wakers = [inner.idle.take(), inner.busy.take()];
        drop(inner);
        wakers.into_iter().flatten().for_each(Waker::wake);
        Ok(())
    }

    fn push_open(
        &self,
        call: Envelope<OpenCall>,
        ticket: &mut Ticket,
        waker: Option<&Waker>,
    ) -> Result<(), Refused<Envelope<OpenCall>>> {
        let Envelope { content, reply, sender, deadline } = call;
        let item = Item { body: Body::Open(Box::new(content)), reply, sender, deadline: deadline.into() };
        let unwrap = |item: Item<M>| {
            let Item { body, reply, sender, deadline } = item;
            match body {
                Body::Open(content) => Some(Envelope { content: *content, reply, sender, deadline: deadline.at() }),
                Body::Typed(_) | Body::Encoded(_) | Body::Tells(_) | Body::Told => None,
            }
        };
        match self.push(item, ticket, waker, &mut Left::default()) {
            Ok(()) => Ok(()),
            Err(Refused::Full(item)) => unwrap(item).map_or(Ok(()), |call| Err(Refused::Full(call))),
            Err(Refused::Closed(item)) => unwrap(item).map_or(Ok(()), |call| Err(Refused::Closed(call))),
        }
    }

    fn push_encoded(&self, call: Envelope<EncodedCall>) -> Result<(), Refused<Envelope<EncodedCall>>> {
        let mut inner = lock(&self.inner);
        if inner.closed {
            return Err(Refused::Closed(call));
        }
        let window = inner.gate.capacity().min(MAX_WINDOW);
        if !inner.remote.enter(call.content.peer.process(), 1, window) {
            return Err(Refused::Full(call));
        }
        let Envelope { content, reply, sender, deadline } = call.map(|call| Body::Encoded(Box::new(call)));
        inner.gate.outside += 1;
        inner.queue.push_back(Item { body: content, reply, sender, deadline: deadline.into() });
        self.accepted(inner, true);
        Ok(())
    }

    fn push_tells(&self, tells: Box<EncodedTells>) -> Result<(), Refused<Box<EncodedTells>>> {
        let mut inner = lock(&self.inner);
        if inner.closed {
            return Err(Refused::Closed(tells));
        }
        let (count, window) = (tells.tells.left(), inner.gate.capacity().min(MAX_WINDOW));
        if count == 0 || !inner.remote.enter(tells.origin.process, count, window) {
            return Err(Refused::Full(tells));
        }
        inner.gate.outside += u64::from(count);
        inner.queue.push_back(Item::told(Body::Tells(tells)));
        // The last is counted where it is noted that they have come.
        inner.pushed += u64::from(count - 1);
        self.accepted(inner, true);
        Ok(())
    }

    fn close(&self, reason: &ExitReason) -> u64 {
        let mut inner = lock(&self.inner);
        inner.closed = true;
        let queue = std::mem::take(&mut inner.queue);
        inner.asks = 0;
        // Whoever does not come back in time is told to end when it does.
        let (kept, control): (VecDeque<_>, VecDeque<_>) = std::mem::take(&mut inner.control)
            .into_iter()
            .partition(|item| matches!(item.verb, Verb::Internal(Internal::End { .. })));
        inner.control = kept;
        let woken = inner.gate.close();
        drop(inner);
        let lost = queue.into_iter().map(|item| fail_unstarted(item, reason)).sum();
        for item in control {
            item.reply.fail(Failure::died(reason.clone(), Started::No));
        }
        woken.into_iter().for_each(Waker::wake);
        let owed = lock(&self.owed).take();
        if let Some(owed) = owed {
            owed.fail(Failure::died(reason.clone(), Started::Yes));
        }
        lost
    }

    fn is_flooded(&self) -> bool {
        // Nobody sends many of them, so the lock is looked into only where there are some.
        self.control.load(Ordering::Relaxed) && lock(&self.inner).control.len() >= MAX_CONTROL
    }

    fn seal(&self) {
        let mut inner = lock(&self.inner);
        inner.sealed = true;
        let woken = inner.gate.close();
        self.waiting.store(0, Ordering::Relaxed);
        drop(inner);
        woken.into_iter().for_each(Waker::wake);
    }

    fn forget_ticket(&self, ticket: &mut Ticket) {
        let mut inner = lock(&self.inner);
        let pending = inner.pushed - self.taken.load(Ordering::Acquire);
        let woken = inner.gate.forget(ticket, pending);
        self.waiting.store(inner.gate.waiting(), Ordering::Relaxed);
        drop(inner);
        woken.into_iter().for_each(Waker::wake);
    }

    fn capacity(&self) -> u32 {
        lock(&self.inner).gate.capacity()
    }

    fn depth(&self) -> u64 {
        let pending = lock(&self.inner).pushed - self.taken.load(Ordering::Acquire);
        pending + u64::from(self.at_hand.load(Ordering::Relaxed))
    }

    fn owed(&self) -> Option<ReplyTo> {
        lock(&self.owed).clone()
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// Fails what was never begun; how many tells it was, of which nobody hears otherwise.
fn fail_unstarted<M>(item: Item<M>, reason: &ExitReason) -> u64 {
    if let Body::Tells(tells) = item.body {
        return u64::from(tells.tells.left());
    }
    let lost = u64::from(item.reply.is_tell());
    item.reply.fail(Failure::died(reason.clone(), Started::No));
    lost
}
