//! The mailbox that a proxy last sent to in its own process: the way that takes no lock of the address's.

use std::sync::{Arc, OnceLock};

use crate::mailbox::Mailbox;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, lock};

/// Where the mailbox of an incarnation was seen.
pub(crate) struct Near<M> {
    /// That of the first incarnation that the proxy met: most meet no other, and find it without a lock.
    first: OnceLock<Arc<Mailbox<M>>>,
    /// Whether that is over.
    moved: AtomicBool,
    /// That of the present one, if it has moved.
    present: Mutex<Option<Arc<Mailbox<M>>>>,
}

impl<M> Default for Near<M> {
    fn default() -> Self {
        Self { first: OnceLock::new(), moved: AtomicBool::new(false), present: Mutex::new(None) }
    }
}

impl<M> Clone for Near<M> {
    fn clone(&self) -> Self {
        let clone = Self::default();
        clone.set(self.get());
        clone
    }
}

impl<M> Near<M> {
    pub(crate) fn get(&self) -> Option<Arc<Mailbox<M>>> {
        self.with(Arc::clone)
    }

    /// Runs `f` with it. It may be locked meanwhile, which spares counting: `f` runs no foreign code.
    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&Arc<Mailbox<M>>) -> R) -> Option<R> {
        let first = self.first.get()?;
        if self.moved.load(Ordering::Acquire) { lock(&self.present).as_ref().map(f) } else { Some(f(first)) }
    }

    /// Another was seen; or none, where the last is over.
    pub(crate) fn set(&self, mailbox: Option<Arc<Mailbox<M>>>) {
        let mailbox = match mailbox {
            None if self.first.get().is_none() => return,
            None => None,
            Some(seen) => match self.first.set(seen) {
                Ok(()) => return,
                // The first that is over does not come back.
                Err(seen) if self.first.get().is_some_and(|first| Arc::ptr_eq(first, &seen)) => return,
                Err(seen) => Some(seen),
            },
        };
        let _before = std::mem::replace(&mut *lock(&self.present), mailbox);
        self.moved.store(true, Ordering::Release);
    }
}

#[cfg(all(test, not(feature = "_shuttle")))]
mod tests {
    use super::*;
    use crate::recorder::Recorder;

    #[test]
    fn the_last_that_was_seen_is_found() {
        let [first, second] = [(); 2].map(|()| Mailbox::<u64>::new(1, Recorder::default()).0);
        let near = Near::default();
        let is = |near: &Near<u64>, mailbox: &Arc<_>| near.get().is_some_and(|found| Arc::ptr_eq(&found, mailbox));
        assert!(near.get().is_none());
        near.set(None);
        near.set(Some(first.clone()));
        assert!(is(&near, &first) && is(&near.clone(), &first));
        near.set(Some(second.clone()));
        assert!(is(&near, &second) && is(&near.clone(), &second));
        near.set(None);
        assert!(near.get().is_none() && near.clone().get().is_none());
        near.set(Some(second.clone()));
        assert!(is(&near, &second));
    }
}
