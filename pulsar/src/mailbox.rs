//! The bounded queue of one incarnation, with its control lane.
//!
//! Messages lie inline, as variants of the actor's generated enum. Senders wait for room in turn; the receiver swaps
//! the whole queue out under one lock. Whoever sends from the actor's own loop takes no lock at all (`queue`), unless there is no
//! room. What was accepted dies with the incarnation. Must not know who sends.

mod at_once;
mod gate;
#[cfg(all(test, feature = "_shuttle"))]
mod interleavings;
mod item;
mod queue;
mod receiver;

use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

pub(crate) use gate::{Gate, Inside, Ticket};
pub(crate) use item::{Body, ControlItem, EncodedCall, EncodedTells, Envelope, Item, Origin, Refused, Whence};
pub(crate) use receiver::Receiver;

use queue::{AtHome, Near, take_abandoned};

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
        call: OpenCall,
        whence: Whence,
        ticket: &mut Ticket,
        waker: Option<&Waker>,
    ) -> Result<(), Refused<OpenCall>>;
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
    /// How many messages were ever accepted from elsewhere than its own loop; written under the lock.
    pushed: AtomicU64,
    inner: Mutex<Inner<M>>,
    capacity: u32,
    /// What comes from its own loop, and how much ever did; written there.
    near: AtHome<Near<M>>,
    pushed_near: AtomicU64,
    /// How many messages the receiver has begun or dropped; written by it alone.
    taken: AtomicU64,
    /// How many senders wait for room, or were promised it.
    waiting: AtomicUsize,
    /// How many of those that were begun together with others are still to be handled.
    at_hand: AtomicU32,
    /// Whether the receiver has to look under the lock before it may rest. Written there.
    roused: AtomicBool,
    /// Whether it takes nothing more from its own process.
    over: AtomicBool,
    /// Whether the control lane may hold something.
    control: AtomicBool,
    /// Whom the running handler owes an answer: it must end even if the handler's thread never comes back.
    owed: Mutex<Option<ReplyTo>>,
}

#[repr(C)]
struct Inner<M> {
    queue: VecDeque<Item<M>>,
    /// How many messages were known to be taken when a sender last looked: it looks again when there seems to be no room.
    seen: u64,
    /// How many in the queue somebody waits for an answer to.
    asks: usize,
    idle: Option<Waker>,
    closed: bool,
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
                seen: 0,
                asks: 0,
                idle: None,
                closed: false,
                gate: Gate::new(capacity),
                control: VecDeque::new(),
                remote: Inside::default(),
                busy: None,
            }),
            pushed: AtomicU64::new(0),
            capacity,
            near: AtHome::new(Near::default()),
            pushed_near: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            waiting: AtomicUsize::new(0),
            at_hand: AtomicU32::new(0),
            roused: AtomicBool::new(true),
            over: AtomicBool::new(false),
            control: AtomicBool::new(false),
            owed: Mutex::new(None),
            recorder,
        });
        let receiver = Receiver::new(mailbox.clone(), capacity);
        (mailbox, receiver)
    }

    /// How many are inside, where so many are known to be taken.
    #[inline]
    fn pending(&self, taken: u64) -> u64 {
        // Those that were taken were pushed before that was known.
        let pushed = self.pushed.load(Ordering::Relaxed) + self.pushed_near.load(Ordering::Acquire);
        pushed.saturating_sub(taken)
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
        if inner.closed || self.over.load(Ordering::Relaxed) {
            return Err(Refused::Closed(item));
        }
        inner.seen = self.taken.load(Ordering::Acquire);
        let pending = self.pending(inner.seen);
        if !inner.gate.enter(pending, ticket) {
            left.abandoned = self.take_abandoned(&mut inner);
            let removed = left.abandoned.len() as u64;
            if removed > 0 {
                // Those who wait already come first.
                left.woken = inner.gate.release(pending.saturating_sub(removed));
            }
            if removed == 0 || !inner.gate.enter(pending.saturating_sub(removed), ticket) {
                if let Some(waker) = waker {
                    inner.gate.wait(ticket, waker);
                    self.waiting.store(inner.gate.in_line(), Ordering::Relaxed);
                    // The receiver may have taken all meanwhile, and rest: it looks once more.
                    left.woken.extend(self.rouse(&mut inner));
                }
                return Err(Refused::Full(item));
            }
        }
        let waiting = inner.gate.in_line();
        if self.waiting.load(Ordering::Relaxed) != waiting {
            self.waiting.store(waiting, Ordering::Relaxed);
        }
        let calls = matches!(item.body, Body::Open(_));
        inner.put(item);
        self.accepted(inner, calls);
        Ok(())
    }

    /// One more is in the queue: notes it, and wakes the receiver. One that `calls` is seen by a receiver that looks for nothing
    /// else, as `main` does.
    #[inline]
    fn accepted(&self, mut inner: MutexGuard<'_, Inner<M>>, calls: bool) {
        let pushed = self.pushed.load(Ordering::Relaxed) + 1;
        self.pushed.store(pushed, Ordering::Release);
        self.recorder.accepted(pushed);
        let waker = self.rouse(&mut inner);
        if calls && waker.is_some() {
            self.control.store(true, Ordering::Release);
        }
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Whom to wake where the receiver rests: it looks under the lock before it rests again.
    #[inline]
    fn rouse(&self, inner: &mut Inner<M>) -> Option<Waker> {
        let waker = inner.idle.take();
        if waker.is_some() {
            self.roused.store(true, Ordering::Release);
        }
        waker
    }

    /// Takes out what its callers have given up: it must not keep others waiting.
    fn take_abandoned(&self, inner: &mut Inner<M>) -> VecDeque<Item<M>> {
        let mut taken = take_abandoned(&mut inner.queue, &mut inner.asks);
        let counted = |pushed: &AtomicU64, count: usize| {
            pushed.store(pushed.load(Ordering::Relaxed).saturating_sub(count as u64), Ordering::Release);
        };
        counted(&self.pushed, taken.len());
        // Elsewhere it is not known what lies there.
        if let Some(near) = self.near.with(Near::take_abandoned) {
            counted(&self.pushed_near, near.len());
            taken.extend(near);
        }
        taken
    }

    /// Gives what room there is to those who wait for it, one for each `portion`.
    fn grant_room(&self, portion: u64) {
        let mut inner = lock(&self.inner);
        let pending = self.pending(self.taken.load(Ordering::Relaxed));
        let woken = inner.gate.release_by(pending, portion);
        self.waiting.store(inner.gate.in_line(), Ordering::Relaxed);
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
        self.asks += usize::from(matches!(item.whence, Whence::Asked(_)));
        self.queue.push_back(item);
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
        let wakers = [self.rouse(&mut inner), inner.busy.take()];
        drop(inner);
        wakers.into_iter().flatten().for_each(Waker::wake);
        Ok(())
    }

    fn push_open(
        &self,
        call: OpenCall,
        whence: Whence,
        ticket: &mut Ticket,
        waker: Option<&Waker>,
    ) -> Result<(), Refused<OpenCall>> {
        let item = Item { body: Body::Open(Box::new(call)), whence };
        let unwrap = |item: Item<M>| match item.body {
            Body::Open(call) => Some(*call),
            Body::Typed(_) | Body::Encoded(_) | Body::Tells(_) | Body::Told => None,
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
        let whence = Whence::Told(call.sender);
        inner.gate.outside += 1;
        inner.put(Item { body: Body::Encoded(Box::new(call)), whence });
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
        inner.put(Item::told(Body::Tells(tells)));
        // The last is counted where it is noted that they have come.
        self.pushed.store(self.pushed.load(Ordering::Relaxed) + u64::from(count - 1), Ordering::Release);
        self.accepted(inner, true);
        Ok(())
    }

    fn close(&self, reason: &ExitReason) -> u64 {
        let mut inner = lock(&self.inner);
        inner.closed = true;
        self.over.store(true, Ordering::Release);
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
        self.over.store(true, Ordering::Release);
        let woken = inner.gate.close();
        self.waiting.store(0, Ordering::Relaxed);
        drop(inner);
        woken.into_iter().for_each(Waker::wake);
    }

    fn forget_ticket(&self, ticket: &mut Ticket) {
        let mut inner = lock(&self.inner);
        let pending = self.pending(self.taken.load(Ordering::Acquire));
        let woken = inner.gate.forget(ticket, pending);
        self.waiting.store(inner.gate.in_line(), Ordering::Relaxed);
        drop(inner);
        woken.into_iter().for_each(Waker::wake);
    }

    fn capacity(&self) -> u32 {
        self.capacity
    }

    fn depth(&self) -> u64 {
        // Nothing comes in meanwhile.
        let _inner = lock(&self.inner);
        self.pending(self.taken.load(Ordering::Acquire)) + u64::from(self.at_hand.load(Ordering::Relaxed))
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
    let reply = item.into_reply();
    let lost = u64::from(reply.is_tell());
    reply.fail(Failure::died(reason.clone(), Started::No));
    lost
}
