//! That a worker is to end: whoever serves hears of it, and says when it has done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Says when a worker begins to drain: it is stopped, reloaded or replaced, and finishes what it has.
///
/// What is served by HTTP finds it among the extensions of each request. Whatever goes on after its response was sent, such as an
/// upgraded connection, [holds](Draining::hold) the worker back until it is done, for up to `exit_timeout`.
///
/// ```
/// # async fn doc(draining: pulsar::Draining) {
/// let busy = draining.hold();
/// draining.begun().await; // say goodbye
/// drop(busy);
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Draining(Arc<State>);

#[derive(Debug, Default)]
struct State {
    begun: AtomicBool,
    begins: Notify,
    busy: AtomicUsize,
    rests: Notify,
}

/// Holds a worker back from ending, as long as it lives. See [`Draining::hold`].
///
/// ```
/// # fn doc(draining: &pulsar::Draining) {
/// let busy: pulsar::Busy = draining.hold();
/// # }
/// ```
#[derive(Debug)]
pub struct Busy(Arc<State>);

impl Draining {
    /// Ends when the worker begins to drain; at once where it has.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    ///
    /// ```
    /// # async fn doc(draining: pulsar::Draining) {
    /// draining.begun().await;
    /// # }
    /// ```
    pub async fn begun(&self) {
        // Registered before it is looked at: a beginning in between is not missed.
        let begins = self.0.begins.notified();
        if !self.has_begun() {
            begins.await;
        }
    }

    /// Whether the worker drains.
    ///
    /// ```
    /// # fn doc(draining: &pulsar::Draining) {
    /// if draining.has_begun() { /* take nothing new */ }
    /// # }
    /// ```
    pub fn has_begun(&self) -> bool {
        self.0.begun.load(Ordering::Acquire)
    }

    /// Something goes on that is to be finished before the worker ends.
    ///
    /// ```
    /// # fn doc(draining: &pulsar::Draining) {
    /// let busy = draining.hold();
    /// # }
    /// ```
    pub fn hold(&self) -> Busy {
        self.0.busy.fetch_add(1, Ordering::AcqRel);
        Busy(self.0.clone())
    }

    pub(crate) fn begin(&self) {
        self.0.begun.store(true, Ordering::Release);
        self.0.begins.notify_waiters();
    }

    /// Waits until nothing holds the worker back.
    pub(crate) async fn over(&self) {
        loop {
            let rests = self.0.rests.notified();
            if self.0.busy.load(Ordering::Acquire) == 0 {
                return;
            }
            rests.await;
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if self.0.busy.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.rests.notify_waiters();
        }
    }
}
