//! What actors of one loop send to each other: a queue that only the loop of its actor's looks into, and so needs no lock.
//!
//! The only unsafe code outside of `concurrency/sys`: the compiler does not know that a number of a loop belongs to one thread.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::task::Waker;

use super::item::{Item, Whence};
use crate::host::{self, LoopId, NO_LOOP};

/// A value that only the loop that made it looks into. Whoever drops it may be elsewhere.
pub(super) struct AtHome<T> {
    home: LoopId,
    value: RefCell<T>,
}

// SAFETY: all that a shared reference allows is `with`, and that touches the value, or whether it is borrowed, only on the thread
// whose loop has the number `home`. Numbers of loops are never given twice, and one is never that of two threads. `T` may be
// dropped, with whatever holds this, on another thread: it is `Send`, and nobody has a reference any more.
#[expect(unsafe_code, reason = "see above")]
unsafe impl<T: Send> Sync for AtHome<T> {}

impl<T> AtHome<T> {
    /// Of this thread's loop; of nobody's where there is none.
    pub(super) fn new(value: T) -> Self {
        Self { home: host::loop_id(), value: RefCell::new(value) }
    }

    /// Runs `f` with it at home, unless that is done already; nothing elsewhere.
    #[inline]
    pub(super) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        if self.home == NO_LOOP || self.home != host::loop_id() {
            return None;
        }
        self.value.try_borrow_mut().ok().map(|mut value| f(&mut value))
    }
}

/// What came from the actor's own loop. All of it is younger than what the receiver holds of the rest, and older than what lies there.
pub(super) struct Near<M> {
    pub(super) queue: VecDeque<Item<M>>,
    /// How many of those were asked, at most.
    asks: usize,
    /// How many messages from elsewhere the receiver has taken out: while there are others, nothing comes in here.
    pub(super) drained: u64,
    /// How the receiver is woken, and whether it must be.
    pub(super) waker: Option<Waker>,
    pub(super) rests: bool,
}

impl<M> Default for Near<M> {
    fn default() -> Self {
        Self { queue: VecDeque::new(), asks: 0, drained: 0, waker: None, rests: false }
    }
}

impl<M> Near<M> {
    #[inline]
    pub(super) fn put(&mut self, item: Item<M>) {
        if self.queue.is_empty() {
            self.asks = 0;
            // Room for one at first: most of many actors never have two waiting.
            if self.queue.capacity() == 0 {
                self.queue.reserve_exact(1);
            }
        }
        self.asks += usize::from(matches!(item.whence, Whence::Asked(_)));
        self.queue.push_back(item);
        if self.rests {
            self.rests = false;
            if let Some(waker) = &self.waker {
                waker.wake_by_ref();
            }
        }
    }

    /// Takes out what its callers have given up.
    pub(super) fn take_abandoned(&mut self) -> VecDeque<Item<M>> {
        take_abandoned(&mut self.queue, &mut self.asks)
    }
}

/// Takes out what its callers have given up, of so many that were asked.
pub(super) fn take_abandoned<M>(queue: &mut VecDeque<Item<M>>, asks: &mut usize) -> VecDeque<Item<M>> {
    if *asks == 0 || !queue.iter().any(Item::gone) {
        return VecDeque::new();
    }
    let (taken, kept): (VecDeque<_>, VecDeque<_>) = std::mem::take(queue).into_iter().partition(Item::gone);
    *queue = kept;
    *asks = asks.saturating_sub(taken.len());
    taken
}

#[cfg(all(test, not(feature = "_shuttle")))]
mod tests {
    use std::future::Future;
    use std::pin::Pin;
    use std::rc::Rc;
    use std::sync::Arc;
    use std::task::Waker;
    use std::thread;

    use bytes::Bytes;

    use super::*;
    use crate::actor::Params;
    use crate::command::Order;
    use crate::error::SpawnError;
    use crate::host::{Begun, Flush, Host};
    use crate::id::ActorId;
    use crate::mailbox::{Body, Left, Mailbox, Receiver, Ticket};
    use crate::recorder::Recorder;
    use crate::reply::Reply;

    struct Loop;

    impl Host for Loop {
        fn spawn_task(&self, _: &str, _: Bytes, _: &Params) -> Result<Begun, SpawnError> {
            Err(SpawnError::NameTaken { name: String::new() })
        }
        fn order(&self, _: ActorId, _: Order, reply: Reply) -> Result<(), Reply> {
            Err(reply)
        }
        fn spawn(&self, _: Pin<Box<dyn Future<Output = ()>>>) {}
        fn flush_soon(&self, _: Arc<dyn Flush>) {}
    }

    fn at_home<R>(f: impl FnOnce() -> R) -> R {
        host::install(Some(Rc::new(Loop)));
        let done = f();
        host::install(None);
        done
    }

    fn tell(number: u64) -> Item<u64> {
        Item { body: Body::Typed(number), whence: Whence::Told(ActorId::ARBITER) }
    }

    fn send(mailbox: &Mailbox<u64>, number: u64) -> bool {
        mailbox.push_now(|| Some(tell(number)))
            || mailbox.push(tell(number), &mut Ticket::default(), None, &mut Left::default()).is_ok()
    }

    fn take(receiver: &mut Receiver<u64>) -> Option<u64> {
        let mut slot = None;
        receiver.poll_next(Waker::noop(), &mut slot);
        match slot?.body {
            Body::Typed(number) => Some(number),
            _ => None,
        }
    }

    #[test]
    fn it_is_looked_into_at_home_only() {
        let value = at_home(|| {
            let value = AtHome::new(7);
            assert_eq!(value.with(|value| *value), Some(7));
            assert_eq!(value.with(|_| value.with(|value| *value)), Some(None), "not while it is looked into");
            value
        });
        assert_eq!(at_home(|| value.with(|value| *value)), None, "the loop is another");
        assert_eq!(value.with(|value| *value), None);
        assert_eq!(AtHome::new(7).with(|value| *value), None, "there is no loop");
    }

    /// From its own loop and from elsewhere, with little room and with much: all come, those of each sender in their order.
    #[test]
    fn what_comes_from_everywhere_comes_once_and_in_order() {
        const EACH: u64 = 20_000;
        for capacity in [1, 3, 64] {
            at_home(|| {
                let (mailbox, mut receiver) = Mailbox::new(capacity, Recorder::default());
                let elsewhere = mailbox.clone();
                let other = thread::spawn(move || {
                    (EACH..2 * EACH).for_each(|number| {
                        while !send(&elsewhere, number) {
                            thread::yield_now();
                        }
                    });
                });
                let (mut own, mut theirs, mut next, mut step) = (0, EACH, 0, 1_u64);
                while own < EACH || theirs < 2 * EACH {
                    // As many as come, now from here, now out of there.
                    step = step.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    for _ in 0..step >> 61 {
                        next += u64::from(next < EACH && send(&mailbox, next));
                    }
                    for _ in 0..(step >> 58) & 7 {
                        match take(&mut receiver) {
                            Some(number) if number < EACH => {
                                assert_eq!(number, own);
                                own += 1;
                            }
                            Some(number) => {
                                assert_eq!(number, theirs);
                                theirs += 1;
                            }
                            None => break,
                        }
                    }
                }
                assert!(other.join().is_ok());
                assert_eq!((take(&mut receiver), mailbox.pending(2 * EACH)), (None, 0));
            });
        }
    }

    #[test]
    fn what_was_not_begun_is_lost_with_the_incarnation() {
        at_home(|| {
            let (mailbox, mut receiver) = Mailbox::new(8, Recorder::default());
            assert!((0..3).all(|number| send(&mailbox, number)));
            assert_eq!(take(&mut receiver), Some(0));
            assert_eq!(receiver.close(&crate::exit::ExitReason::Shutdown), 2);
            assert!(!send(&mailbox, 3), "nothing comes in any more");
        });
    }
}
