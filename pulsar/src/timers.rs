//! Deadlines of asks: a list a loop, and one thread for callers that have no loop.
//!
//! Most asks wait equally long, so their deadlines come in the order in which they are due: one is added at the end, and taken
//! out when its answer is there. Others are put into a heap, and swept out. Pure of tokio: a loop's driver asks for the next
//! deadline and calls back when it has come. Here is also when the clock was last read on this thread.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use tracing::Level;

use crate::error::Failure;
use crate::host;
use crate::reply::AnySlot;
use crate::report;
use crate::sync::{Condvar, Mutex, lock};

/// Sweeping pays off only beyond this.
const SWEEP_FROM: usize = 256;

/// What is due later than this is put into the heap: it would keep the list from taking what is due sooner.
const SOON: Duration = Duration::from_secs(5);

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
    /// In the order in which they are due, with their numbers; `None` where the answer is there. The last never is.
    list: VecDeque<(u64, Option<Due>)>,
    /// How many of these are still awaited.
    awaited: usize,
    last: u64,
    heap: BinaryHeap<Due>,
    sweep_at: usize,
    /// When the driver looks again.
    armed: Option<Instant>,
}

impl Deadlines {
    /// Adds a deadline: whether the driver must look earlier for it, and its number in the list.
    fn add(&mut self, due: Due) -> (bool, Option<u64>) {
        let earlier = self.armed.is_none_or(|armed| due.at < armed);
        if earlier {
            self.armed = Some(due.at);
        }
        let after = |(_, last): &(u64, Option<Due>)| last.as_ref().is_none_or(|last| last.at <= due.at);
        if due.at <= due.began + SOON && self.list.back().is_none_or(after) {
            // One that waits long for its answer does not keep what came and went after it.
            if self.list.len() >= SWEEP_FROM.max(self.awaited * 2) {
                self.list.retain(|(_, due)| due.is_some());
            }
            self.last += 1;
            self.awaited += 1;
            self.list.push_back((self.last, Some(due)));
            return (earlier, Some(self.last));
        }
        if self.heap.len() >= self.sweep_at.max(SWEEP_FROM) {
            self.heap.retain(|due| !due.slot.gone());
            self.sweep_at = self.heap.len() * 2;
        }
        self.heap.push(due);
        (earlier, None)
    }

    /// Takes one out of the list, if it is still there.
    fn remove(&mut self, number: u64) -> Option<Due> {
        if self.list.back()?.0 == number && self.list.len() == 1 {
            self.awaited = 0;
            return self.list.pop_back()?.1;
        }
        let first = self.list.front()?.0;
        let at = usize::try_from(number.checked_sub(first)?).ok()?;
        // Where none was swept out, its number says where it is.
        let at = match self.list.get(at) {
            Some((found, _)) if *found == number => at,
            _ => self.list.binary_search_by_key(&number, |(number, _)| *number).ok()?,
        };
        let due = self.list.get_mut(at)?.1.take();
        self.awaited -= usize::from(due.is_some());
        while let Some((_, None)) = self.list.back() {
            self.list.pop_back();
        }
        while let Some((_, None)) = self.list.front() {
            self.list.pop_front();
        }
        due
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
        while self.list.front().is_some_and(|(_, first)| first.as_ref().is_none_or(|first| first.at <= now)) {
            if let Some((_, Some(first))) = self.list.pop_front() {
                self.awaited -= 1;
                due.push(first);
            }
        }
        let first = self.list.front().and_then(|(_, first)| first.as_ref()).map(|first| first.at);
        let earliest = self.heap.peek().map(|earliest| earliest.at);
        self.armed = first.into_iter().chain(earliest).min();
        (due, self.armed)
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
    /// Which loop this is.
    number: u64,
    deadlines: RefCell<Deadlines>,
    driver: RefCell<Option<Waker>>,
}

impl LoopTimers {
    pub(crate) fn new() -> Rc<Self> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Rc::new(Self { number: LAST.fetch_add(1, Relaxed) + 1, ..Self::default() })
    }

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

/// A deadline in the list of a loop; none where it was put elsewhere.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Key(Option<(u64, u64)>);

/// Fails `slot` with a time-out at `deadline`, if it is still awaited then.
pub(crate) fn fail_at(deadline: Instant, began: Instant, slot: Arc<dyn AnySlot>) -> Key {
    let mut due = Some(Due { at: deadline, began, slot });
    let key = HERE.try_with(|here| {
        let here = here.try_borrow().ok()?;
        let here = here.as_ref()?;
        let (earlier, number) = here.deadlines.borrow_mut().add(due.take()?);
        if earlier && let Some(driver) = here.driver.borrow_mut().take() {
            driver.wake();
        }
        number.map(|number| (here.number, number))
    });
    if let Some(due) = due {
        elsewhere(due);
    }
    Key(key.ok().flatten())
}

/// The answer is there. Elsewhere than on the loop that it was asked from, this is left to the time.
pub(crate) fn forget(key: Key) {
    let Some((loop_number, number)) = key.0 else { return };
    let due = HERE.try_with(|here| {
        let here = here.try_borrow().ok()?;
        let here = here.as_ref().filter(|here| here.number == loop_number)?;
        host::count_taken(1);
        here.deadlines.borrow_mut().remove(number)
    });
    // Whatever the slot holds is dropped where nothing is borrowed.
    drop(due);
}

thread_local! {
    /// When the clock was last read on this thread, and how often it was.
    static READ: Cell<(u64, Option<Instant>)> = const { Cell::new((0, None)) };
}

/// The time.
pub(crate) fn now() -> Instant {
    let now = Instant::now();
    let _ = READ.try_with(|read| read.set((read.get().0 + 1, Some(now))));
    now
}

/// When the clock was last read on this thread: a time not later than now.
#[inline]
pub(crate) fn before() -> Instant {
    READ.try_with(|read| read.get().1).ok().flatten().unwrap_or_else(now)
}

/// The time, as read on this thread since whoever keeps `seen` last looked; read now, if it was not.
#[inline]
pub(crate) fn lately(seen: &Cell<u64>) -> Instant {
    let (count, read) = READ.try_with(Cell::get).unwrap_or_default();
    let known = read.filter(|_| count != seen.get());
    let time = known.unwrap_or_else(now);
    seen.set(if known.is_some() { count } else { count + 1 });
    time
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
    if lock(&shared.deadlines).add(due).0 {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Never;
    use crate::reply::Slot;

    fn due(at: Instant, began: Instant) -> (Due, Arc<Slot<(), Never>>) {
        let slot = Arc::new(Slot::new());
        (Due { at, began, slot: slot.clone() }, slot)
    }

    #[test]
    fn what_was_answered_is_forgotten_and_the_rest_is_due_in_order() {
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        let mut deadlines = Deadlines::default();
        let mut add = |at, began| deadlines.add(due(at, began).0);
        assert_eq!(add(after(5000), start), (true, Some(1)));
        assert_eq!(add(after(5001), after(1)), (false, Some(2)));
        // Earlier than the last, or late: these go into the heap.
        assert_eq!(add(after(60), after(2)), (true, None));
        assert_eq!(add(after(9000), after(3)), (false, None));
        assert_eq!(add(after(5002), after(4)), (false, Some(3)));
        assert!(deadlines.remove(2).is_some());
        assert!(deadlines.remove(2).is_none(), "twice");
        assert!(deadlines.remove(7).is_none(), "never added");
        let (found, next) = deadlines.take(after(5001));
        assert_eq!(found.iter().map(|due| due.at).collect::<Vec<_>>(), [after(60), after(5000)]);
        assert_eq!(next, Some(after(5002)));
        assert!(deadlines.remove(1).is_none(), "due already");
        assert!(deadlines.remove(3).is_some());
        assert_eq!(deadlines.take(after(8000)).1, Some(after(9000)));
        assert_eq!((deadlines.awaited, deadlines.list.len()), (0, 0));
    }

    #[test]
    fn one_that_waits_long_keeps_nothing_of_the_others() {
        let start = Instant::now();
        let mut deadlines = Deadlines::default();
        let first = deadlines.add(due(start + SOON, start).0).1.expect("in the list");
        let mut kept = Vec::new();
        for micros in 1..10_000 {
            let began = start + Duration::from_micros(micros);
            let number = deadlines.add(due(began + SOON, began).0).1.expect("in the list");
            // Every other is awaited for a while, so that what is answered lies between.
            kept.push(number);
            if kept.len() > 20 {
                let answered = kept.remove(usize::try_from(micros % 20).expect("small"));
                assert!(deadlines.remove(answered).is_some());
            }
        }
        assert!(deadlines.list.len() <= SWEEP_FROM + 1, "{} are kept", deadlines.list.len());
        assert!(deadlines.remove(first).is_some());
        assert!(kept.into_iter().all(|number| deadlines.remove(number).is_some()));
        assert!(deadlines.list.is_empty());
    }

    #[test]
    fn a_slot_that_was_answered_is_not_kept() {
        install(Some(LoopTimers::new()));
        let slot = Arc::new(Slot::<(), Never>::new());
        let now = now();
        let key = fail_at(now + SOON, now, slot.clone());
        assert_eq!(Arc::strong_count(&slot), 2);
        forget(key);
        assert_eq!(Arc::strong_count(&slot), 1);
        install(None);
    }

    #[test]
    fn the_clock_is_read_once_for_those_who_look_together() {
        let (first, second) = (Cell::new(0), Cell::new(0));
        let time = now();
        assert_eq!(lately(&first), time);
        assert_eq!(lately(&second), time);
        assert!(lately(&first) > time, "nobody has read it since");
        assert!(before() > time);
    }
}
