//! The loops of the master that keep task actors, as the arbiter watches them: from outside, for a loop that is blocked
//! cannot tell.
//!
//! A task cannot be killed. What waits for one that blocks its loop is failed, and it begins again when the loop comes
//! round. Its neighbours there are innocent: they only stand still.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::actor::Core;
use crate::address::{Address, Route};
use crate::exit::ExitReason;
use crate::id::{ActorId, Incarnation, State};
use crate::node::node;
use crate::sync::{Mutex, lock};

/// The loops that have task actors.
static LOOPS: Mutex<Vec<Weak<Watch>>> = Mutex::new(Vec::new());

/// One loop.
pub(crate) struct Watch {
    origin: Instant,
    /// When it last came round, in milliseconds.
    beat: AtomicU64,
    /// Which of its actors it is with now, if that is ready; else the arbiter's id, which stands for none.
    current: AtomicU64,
    /// For how long that may be silent, in milliseconds.
    timeout: AtomicU64,
    /// How many actors it has.
    actors: AtomicUsize,
    /// Some are lost: set under the lock of those.
    any_lost: AtomicBool,
    lost: Mutex<Vec<(ActorId, Incarnation)>>,
    /// The arbiter looks at it.
    watched: AtomicBool,
}

/// A task actor that blocks its loop.
pub(crate) struct Blocked {
    pub(crate) address: Arc<Address>,
    pub(crate) incarnation: Incarnation,
}

impl Watch {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            origin: Instant::now(),
            beat: AtomicU64::new(0),
            current: AtomicU64::new(ActorId::ARBITER.raw()),
            timeout: AtomicU64::new(u64::MAX),
            actors: AtomicUsize::new(0),
            any_lost: AtomicBool::new(false),
            lost: Mutex::default(),
            watched: AtomicBool::new(false),
        })
    }

    /// The loop has come round.
    pub(super) fn beat(&self, now: Instant) {
        self.beat.store(millis(now.saturating_duration_since(self.origin)), Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        millis(self.origin.elapsed())
    }

    /// The loop turns to an actor. Says which it was with before: one begins while another is polled, that spawns it.
    pub(super) fn turn(&self, core: &Core) -> u64 {
        let before = self.current.load(Ordering::Relaxed);
        // Before it is ready, whoever spawned it waits.
        let current = if core.state.get() == State::Starting {
            ActorId::ARBITER
        } else {
            self.timeout.store(millis(core.timeout.get()), Ordering::Relaxed);
            core.id
        };
        self.current.store(current.raw(), Ordering::Relaxed);
        before
    }

    /// It turns back to the one that it was with before.
    pub(super) fn turned(&self, before: u64) {
        self.current.store(before, Ordering::Relaxed);
    }

    /// An incarnation begins. True if the arbiter is to be told to look: it stops where there is nothing left to see, and one that is
    /// there again when it looks next was never missed.
    pub(super) fn keep(self: &Arc<Self>) -> bool {
        self.actors.fetch_add(1, Ordering::SeqCst);
        let first = !self.watched.load(Ordering::SeqCst) && !self.watched.swap(true, Ordering::SeqCst);
        if first {
            let mut loops = lock(&LOOPS);
            loops.retain(|known| known.strong_count() > 0 && !std::ptr::eq(known.as_ptr(), Arc::as_ptr(self)));
            loops.push(Arc::downgrade(self));
        }
        first
    }

    /// It has ended.
    pub(super) fn forget(&self) {
        self.actors.fetch_sub(1, Ordering::Relaxed);
    }

    /// Those whose asks were failed while the loop was blocked: they have to begin again.
    pub(super) fn take_lost(&self) -> Vec<(ActorId, Incarnation)> {
        if !self.any_lost.load(Ordering::Relaxed) || !self.any_lost.swap(false, Ordering::Relaxed) {
            return Vec::new();
        }
        std::mem::take(&mut *lock(&self.lost))
    }

    fn find_blocked(&self, blocked: &mut Vec<Blocked>) -> bool {
        let silent = self.now().saturating_sub(self.beat.load(Ordering::Relaxed));
        let id = ActorId::from_raw(self.current.load(Ordering::Relaxed));
        let guilty = id != ActorId::ARBITER && silent > self.timeout.load(Ordering::Relaxed);
        let address = node().filter(|_| guilty).and_then(|node| node.known(id));
        if let Some(address) = address
            && let Route::Local { mailbox, incarnation } = address.route()
        {
            let mut lost = lock(&self.lost);
            lost.push((id, incarnation));
            self.any_lost.store(true, Ordering::Relaxed);
            drop(lost);
            address.lose(incarnation);
            mailbox.close(&ExitReason::Hung);
            blocked.push(Blocked { address, incarnation });
        }
        self.any()
    }

    /// Whether there is anything to watch.
    fn any(&self) -> bool {
        if self.actors.load(Ordering::SeqCst) > 0 {
            return true;
        }
        self.watched.store(false, Ordering::SeqCst);
        // One that began meanwhile may have seen that it is watched.
        self.actors.load(Ordering::SeqCst) > 0 && !self.watched.swap(true, Ordering::SeqCst)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Gives all loops the whole of their time again.
pub(crate) fn forgive() {
    lock(&LOOPS).iter().filter_map(Weak::upgrade).for_each(|known| known.beat(Instant::now()));
}

/// Fails what waits for task actors that block their loops, and says which; `None` if there is none to watch.
pub(crate) fn look() -> Option<Vec<Blocked>> {
    let loops: Vec<_> = lock(&LOOPS).iter().filter_map(Weak::upgrade).collect();
    let mut blocked = Vec::new();
    let any = loops.iter().fold(false, |any, known| known.find_blocked(&mut blocked) | any);
    any.then_some(blocked)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A keeper that looked at all its actors at each turn would spawn the hundred thousandth a thousand times slower than the first.
    #[test]
    fn nothing_is_looked_through_where_nothing_is_lost() {
        let watch = Watch::new();
        let held = lock(&watch.lost);
        let (sender, receiver) = std::sync::mpsc::channel();
        let other = watch.clone();
        std::thread::spawn(move || sender.send(other.take_lost().len()));
        assert_eq!(receiver.recv_timeout(Duration::from_secs(10)), Ok(0), "it does not wait for the lock");
        drop(held);
    }
}
