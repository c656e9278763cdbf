//! Descriptors that actors are handed as they start: kept in the master under numbers, and in each process that was given them.
//!
//! A listening socket above all: bound once, it outlives every worker that accepts from it. Must not know what they are.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
#[cfg(feature = "app")]
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

static TABLE: Mutex<BTreeMap<u64, Arc<OwnedFd>>> = Mutex::new(BTreeMap::new());

fn table() -> MutexGuard<'static, BTreeMap<u64, Arc<OwnedFd>>> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a descriptor for actors that are to be handed it, as long as this lives.
#[cfg(feature = "app")]
#[derive(Debug)]
pub(crate) struct Kept {
    /// What an actor's [`Params`](crate::Params) call it.
    pub(crate) number: u64,
}

#[cfg(feature = "app")]
impl Kept {
    pub(crate) fn new(fd: OwnedFd) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        put(number, fd);
        Self { number }
    }
}

#[cfg(feature = "app")]
impl Drop for Kept {
    fn drop(&mut self) {
        let gone = table().remove(&self.number);
        drop(gone);
    }
}

/// This process was given one.
pub(crate) fn put(number: u64, fd: OwnedFd) {
    let before = table().insert(number, Arc::new(fd));
    drop(before);
}

/// The one of this number, where this process has it.
pub(crate) fn get(number: u64) -> Option<Arc<OwnedFd>> {
    table().get(&number).cloned()
}
