//! The loops of the master that keep task actors, as the arbiter watches them: from outside, for a loop that is blocked
//! cannot tell.
//!
//! A task cannot be killed. What waits for one that blocks its loop is failed, and it begins again when the loop comes
//! round. Its neighbours there are innocent: they only stand still.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::actor::Core;
use crate::address::Address;
use crate::exit::ExitReason;
use crate::id::{ActorId, Incarnation};
use crate::mailbox::AnyMailbox;
use crate::recorder::Recorder;
use crate::sync::{Mutex, lock};

/// The loops that have task actors.
static LOOPS: Mutex<Vec<Weak<Watch>>> = Mutex::new(Vec::new());

/// One loop.
pub(crate) struct Watch {
    origin: Instant,
    /// When it last came round, in milliseconds.
    beat: AtomicU64,
    /// Some of `kept` are lost: set under its lock.
    any_lost: AtomicBool,
    /// The arbiter looks at it: changed under the lock of `kept`.
    watched: AtomicBool,
    kept: Mutex<HashMap<ActorId, Kept>>,
}

struct Kept {
    address: Arc<Address>,
    mailbox: Arc<dyn AnyMailbox>,
    incarnation: Incarnation,
    timeout: Duration,
    recorder: Recorder,
    lost: bool,
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
            any_lost: AtomicBool::new(false),
            watched: AtomicBool::new(false),
            kept: Mutex::default(),
        })
    }

    /// The loop has come round.
    pub(super) fn beat(&self) {
        self.beat.store(self.now(), Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// An incarnation is ready. True if the arbiter is to be told to look: it stops where there is nothing left to see, and one that
    /// is there again when it looks next was never missed.
    pub(super) fn keep(self: &Arc<Self>, core: &Core) -> bool {
        self.beat();
        let mut kept = lock(&self.kept);
        let (address, mailbox) = (core.address.clone(), core.mailbox.clone());
        let (incarnation, timeout) = (core.incarnation, core.timeout.get());
        let recorder = core.record.recorder.clone();
        kept.insert(core.id, Kept { address, mailbox, incarnation, timeout, recorder, lost: false });
        let first = !self.watched.swap(true, Ordering::Relaxed);
        drop(kept);
        if first {
            let mut loops = lock(&LOOPS);
            loops.retain(|known| known.strong_count() > 0 && !std::ptr::eq(known.as_ptr(), Arc::as_ptr(self)));
            loops.push(Arc::downgrade(self));
        }
        first
    }

    /// It may now be silent for longer, or less long.
    pub(super) fn set_timeout(&self, id: ActorId, timeout: Duration) {
        if let Some(kept) = lock(&self.kept).get_mut(&id) {
            kept.timeout = timeout;
        }
    }

    /// It has ended.
    pub(super) fn forget(&self, id: ActorId) {
        lock(&self.kept).remove(&id);
    }

    /// Those whose asks were failed while the loop was blocked: they have to begin again.
    pub(super) fn take_lost(&self) -> Vec<ActorId> {
        // Asked at each turn of the keeper: with a hundred thousand actors, to look at all of them is a turn too long.
        if !self.any_lost.load(Ordering::Relaxed) || !self.any_lost.swap(false, Ordering::Relaxed) {
            return Vec::new();
        }
        let mut kept = lock(&self.kept);
        let lost: Vec<_> = kept.iter().filter(|(_, kept)| kept.lost).map(|(&id, _)| id).collect();
        lost.iter().for_each(|id| drop(kept.remove(id)));
        lost
    }

    fn find_blocked(&self, blocked: &mut Vec<Blocked>) -> bool {
        let silent = Duration::from_millis(self.now().saturating_sub(self.beat.load(Ordering::Relaxed)));
        let mut found = Vec::new();
        let mut kept = lock(&self.kept);
        let guilty = |kept: &&mut Kept| !kept.lost && silent > kept.timeout && kept.recorder.is_polled();
        for kept in kept.values_mut().filter(guilty) {
            kept.lost = true;
            self.any_lost.store(true, Ordering::Relaxed);
            found.push((kept.address.clone(), kept.mailbox.clone(), kept.incarnation));
        }
        let any = !kept.is_empty();
        self.watched.store(any, Ordering::Relaxed);
        drop(kept);
        for (address, mailbox, incarnation) in found {
            address.lose(incarnation);
            mailbox.close(&ExitReason::Hung);
            blocked.push(Blocked { address, incarnation });
        }
        any
    }
}

/// Gives all loops the whole of their time again.
pub(crate) fn forgive() {
    lock(&LOOPS).iter().filter_map(Weak::upgrade).for_each(|known| known.beat());
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
        let held = lock(&watch.kept);
        let (sender, receiver) = std::sync::mpsc::channel();
        let other = watch.clone();
        std::thread::spawn(move || sender.send(other.take_lost().len()));
        assert_eq!(receiver.recv_timeout(Duration::from_secs(10)), Ok(0), "it does not wait for the lock");
        drop(held);
    }
}
