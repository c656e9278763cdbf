//! What most senders take: the way in where there is room and nobody waits; without a lock from the actor's own loop.

use super::queue::Near;
use super::{Item, Mailbox};
use crate::sync::atomic::Ordering;
use crate::sync::lock;

impl<M: Send + 'static> Mailbox<M> {
    /// Accepts a message if there is room for it and nobody waits; false, and `item` is not called, if not. Under the lock: it
    /// runs no foreign code.
    #[inline]
    pub(crate) fn push_now(&self, item: impl FnOnce() -> Option<Item<M>>) -> bool {
        let mut item = Some(item);
        let pushed = self.near.with(|near| {
            if !self.is_open_near(near) {
                return None;
            }
            item.take().map(|item| item().map(|item| self.put_near(near, item)).is_some())
        });
        if let Some(Some(pushed)) = pushed {
            return pushed;
        }
        let Some(item) = item else { return false };
        let mut inner = lock(&self.inner);
        if inner.closed || self.over.load(Ordering::Relaxed) {
            return false;
        }
        if !inner.gate.is_open(self.pending(inner.seen)) {
            inner.seen = self.taken.load(Ordering::Acquire);
            if !inner.gate.is_open(self.pending(inner.seen)) {
                return false;
            }
        }
        let Some(item) = item() else { return false };
        inner.put(item);
        self.accepted(inner, false);
        true
    }

    /// Whether a sender of its own loop may come in without a look under the lock: where nobody waits, nothing from elsewhere that
    /// came before lies there, and there is room.
    #[inline]
    fn is_open_near(&self, near: &Near<M>) -> bool {
        self.pushed.load(Ordering::Relaxed) == near.drained
            && self.waiting.load(Ordering::Relaxed) == 0
            && !self.over.load(Ordering::Acquire)
            && self.pending(self.taken.load(Ordering::Relaxed)) < u64::from(self.capacity)
    }

    #[inline]
    fn put_near(&self, near: &mut Near<M>, item: Item<M>) {
        let pushed = self.pushed_near.load(Ordering::Relaxed) + 1;
        self.pushed_near.store(pushed, Ordering::Release);
        self.recorder.accepted_near(pushed);
        near.put(item);
    }
}
