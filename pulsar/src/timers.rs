//! Deadlines of asks: one heap a loop, and one thread for callers that have no loop.
//!
//! An ask costs one push; what was answered in time is swept out once it outnumbers what is still awaited. Pure of
//! tokio: a loop's driver asks for the next deadline and calls back when it has come.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::rc::Rc;
use std::sync::{Arc, OnceLock, PoisonError};
use std::task::Waker;
use std::time::Instant;

use tracing::Level;

use crate::error::Failure;
use crate::reply::AnySlot;
use crate::report;
use crate::sync::{Condvar, Mutex, lock};

/// Sweeping pays off only beyond this.
const SWEEP_FROM: usize = 256;

struct Due {
    at: Instant,
    began: Instant,
    slot: Arc<dyn AnySlot>,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    /// The earliest is the greatest, as a max-heap wants it.
    fn cmp(&self, other: &Self) -> Ordering {
        other.at.cmp(&self.at)
    }
}

/// The deadlines of one loop.
#[derive(Default)]
pub(crate) struct Deadlines {
    heap: BinaryHeap<Due>,
    sweep_at: usize,
}

impl Deadlines {
    /// Adds a deadline; true if it is now the earliest.
    fn add(&mut self, due: Due) -> bool {
        let first = self.heap.peek().is_none_or(|earliest| due.at < earliest.at);
        if self.heap.len() >= self.sweep_at.max(SWEEP_FROM) {
            self.heap.retain(|due| !due.slot.gone());
            self.sweep_at = self.heap.len() * 2;
        }
        self.heap.push(due);
        first
    }

    /// Takes out what is due, and says when the next is.
    fn take(&mut self, now: Instant) -> (Vec<Due>, Option<Instant>) {
        let mut due = Vec::new();
        while self.heap.peek().is_some_and(|earliest| earliest.at <= now) {
            due.extend(self.heap.pop());
        }
        while self.heap.peek().is_some_and(|earliest| earliest.slot.gone()) {
            self.heap.pop();
        }
        (due, self.heap.peek().map(|earliest| earliest.at))
    }
}

fn expire(due: Vec<Due>) {
    for due in due {
        due.slot.fail(Failure::Timeout { after: due.at.saturating_duration_since(due.began) });
    }
}

/// The deadlines of a loop, with the waker of whoever drives them.
#[derive(Default)]
pub(crate) struct LoopTimers {
    deadlines: RefCell<Deadlines>,
    driver: RefCell<Option<Waker>>,
}

impl LoopTimers {
    /// Fails what is due, and says when the next is. `waker` is woken when an earlier one is added.
    pub(crate) fn expire(&self, now: Instant, waker: &Waker) -> Option<Instant> {
        let (due, next) = self.deadlines.borrow_mut().take(now);
        expire(due);
        *self.driver.borrow_mut() = Some(waker.clone());
        next
    }
}

thread_local! {
    static HERE: RefCell<Option<Rc<LoopTimers>>> = const { RefCell::new(None) };
}

/// Makes `timers` those of this thread.
pub(crate) fn install(timers: Option<Rc<LoopTimers>>) {
    HERE.with(|here| *here.borrow_mut() = timers);
}

/// Makes this thread one without a loop, until the guard is dropped.
pub(crate) fn set_aside() -> impl Drop {
    struct Restore(Option<Rc<LoopTimers>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            install(self.0.take());
        }
    }
    Restore(HERE.with(|here| here.borrow_mut().take()))
}

/// Fails `slot` with a time-out at `deadline`, if it is still awaited then.
pub(crate) fn fail_at(deadline: Instant, began: Instant, slot: Arc<dyn AnySlot>) {
    let due = Due { at: deadline, began, slot };
    let here = HERE.try_with(|here| here.borrow().clone()).ok().flatten();
    match here {
        Some(here) => {
            if here.deadlines.borrow_mut().add(due)
                && let Some(driver) = here.driver.borrow_mut().take()
            {
                driver.wake();
            }
        }
        None => elsewhere(due),
    }
}

/// The deadlines of threads without a loop.
struct Elsewhere {
    deadlines: Mutex<Deadlines>,
    earlier: Condvar,
}

fn elsewhere(due: Due) {
    static ELSEWHERE: OnceLock<Arc<Elsewhere>> = OnceLock::new();
    let shared = ELSEWHERE.get_or_init(|| {
        let shared = Arc::new(Elsewhere { deadlines: Mutex::default(), earlier: Condvar::new() });
        let timer = shared.clone();
        let spawned = std::thread::Builder::new().name("pulsar-timer".into()).spawn(move || timer.run());
        if let Err(error) = spawned {
            let text = format!("no thread for deadlines: asks from plain threads may wait for ever: {error}");
            report::note(Level::ERROR, text);
        }
        shared
    });
    if lock(&shared.deadlines).add(due) {
        shared.earlier.notify_one();
    }
}

impl Elsewhere {
    fn run(&self) {
        let mut deadlines = lock(&self.deadlines);
        loop {
            let (due, next) = deadlines.take(Instant::now());
            if !due.is_empty() {
                drop(deadlines);
                expire(due);
                deadlines = lock(&self.deadlines);
                continue;
            }
            deadlines = match next {
                Some(at) => {
                    let left = at.saturating_duration_since(Instant::now());
                    self.earlier.wait_timeout(deadlines, left).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.earlier.wait(deadlines).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}
