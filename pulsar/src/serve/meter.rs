//! What a worker counts: connections and requests; and the clock by which it finds who is idle.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::actor::Core;

/// How often it is looked who is late.
const LOOK: Duration = Duration::from_millis(250);

/// How long after news of its requests a worker tells its monitor again at the earliest.
const TELL: Duration = Duration::from_millis(200);

/// The counters of one worker.
pub(crate) struct Meter {
    core: Rc<Core>,
    /// The greatest number of requests, less what its monitor may take off: from then on it is told often.
    soon: u64,
    told: Cell<(u64, Option<Instant>)>,
    pub(crate) accepted: Cell<u64>,
    pub(crate) connections: Cell<u64>,
    pub(crate) requests: Cell<u64>,
    /// The number of looks so far: the time, as idle connections are judged by it.
    clock: Arc<AtomicU32>,
    watched: RefCell<BTreeMap<u64, Weak<Watched>>>,
    closed: Notify,
}

/// A connection that is watched for being idle.
///
/// Atomics, because it is reached from what must be `Send`; one thread uses them.
#[derive(Debug)]
pub(crate) struct Watched {
    clock: Arc<AtomicU32>,
    /// When it began what it is at.
    since: AtomicU32,
    /// How many looks that may take; `u32::MAX` is for ever.
    limit: AtomicU32,
    /// It took too long.
    pub(crate) late: Notify,
}

impl Watched {
    /// It begins something that may take so many [`looks`].
    #[inline]
    pub(crate) fn begin(&self, limit: u32) {
        self.since.store(self.clock.load(Ordering::Relaxed), Ordering::Relaxed);
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// How many looks ago it began what it is at.
    pub(crate) fn age(&self) -> u32 {
        self.clock.load(Ordering::Relaxed).wrapping_sub(self.since.load(Ordering::Relaxed))
    }

    /// Whether it takes too long over what it is at now.
    pub(crate) fn is_overdue(&self) -> bool {
        self.is_late(self.clock.load(Ordering::Relaxed))
    }

    fn is_late(&self, now: u32) -> bool {
        let limit = self.limit.load(Ordering::Relaxed);
        // One more: the first look may have come at once.
        limit != u32::MAX && now.wrapping_sub(self.since.load(Ordering::Relaxed)) > limit
    }
}

/// A time as a number of looks.
pub(crate) fn looks(time: Duration) -> u32 {
    if time.is_zero() {
        return u32::MAX;
    }
    u32::try_from(time.as_millis().div_ceil(LOOK.as_millis())).unwrap_or(u32::MAX)
}

impl Meter {
    pub(super) fn new(core: Rc<Core>, max_requests: u64) -> Rc<Self> {
        let soon = if max_requests == 0 { u64::MAX } else { max_requests / 5 * 4 };
        Rc::new(Self {
            core,
            soon,
            told: Cell::default(),
            accepted: Cell::new(0),
            connections: Cell::new(0),
            requests: Cell::new(0),
            clock: Arc::default(),
            watched: RefCell::default(),
            closed: Notify::new(),
        })
    }

    /// The actor whose it is.
    pub(crate) fn core(&self) -> &Rc<Core> {
        &self.core
    }

    /// A request was handled. It counts as a message does: for `handled`, and for being replaced.
    pub(crate) fn count_request(&self) {
        let requests = self.requests.get() + 1;
        self.requests.set(requests);
        self.core.count_handled(None);
        if requests >= self.soon {
            self.tell(requests);
        }
    }

    /// Tells the monitor how many there were, so that it is not late in replacing this worker.
    #[cold]
    fn tell(&self, requests: u64) {
        let (told, at) = self.told.get();
        let step = (self.soon / 50).max(1);
        let due = requests >= told + step && at.is_none_or(|at| at.elapsed() >= TELL);
        if due {
            self.told.set((requests, Some(Instant::now())));
            self.core.manager.notify(&self.core);
        }
    }

    /// Watches a connection, which begins with what may take so many [`looks`].
    pub(crate) fn watch(&self, number: u64, limit: u32) -> Arc<Watched> {
        let watched = Arc::new(Watched {
            clock: self.clock.clone(),
            since: AtomicU32::new(self.clock.load(Ordering::Relaxed)),
            limit: AtomicU32::new(limit),
            late: Notify::new(),
        });
        self.watched.borrow_mut().insert(number, Arc::downgrade(&watched));
        watched
    }

    /// Looks again and again who is late.
    pub(super) async fn look(self: Rc<Self>) {
        let mut interval = tokio::time::interval(LOOK);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            interval.tick().await;
            let now = self.clock.load(Ordering::Relaxed).wrapping_add(1);
            self.clock.store(now, Ordering::Relaxed);
            self.watched.borrow_mut().retain(|_, watched| {
                let Some(watched) = watched.upgrade() else { return false };
                if watched.is_late(now) {
                    watched.late.notify_one();
                }
                true
            });
        }
    }

    pub(super) fn opened(&self) -> u64 {
        self.connections.set(self.connections.get() + 1);
        self.accepted.set(self.accepted.get() + 1);
        self.accepted.get()
    }

    pub(super) fn closed(&self, number: u64) {
        self.connections.set(self.connections.get() - 1);
        self.watched.borrow_mut().remove(&number);
        self.closed.notify_waiters();
    }

    /// Waits until fewer than `limit` are open.
    pub(crate) async fn below(&self, limit: u64) {
        while self.connections.get() >= limit {
            let closed = self.closed.notified();
            if self.connections.get() >= limit {
                closed.await;
            }
        }
    }
}
