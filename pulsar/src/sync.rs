//! Locks and atomics: one name for each, so that a test can put others beneath.
//!
//! Those of the standard library; under the private feature `_shuttle`, ones that hand every step to a scheduler, which tries
//! orders that the system would hardly ever take (see `interleavings`). Must not know what is locked.

#[cfg(not(feature = "_shuttle"))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, atomic};

#[cfg(feature = "_shuttle")]
pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard, atomic};

use std::sync::PoisonError;

/// Locks, whatever happened to an earlier holder: no lock here is held while foreign code runs.
#[inline]
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
