//! The lives on one loop, each polled when it was woken: what actors are to a loop. Must not know what they do.
//!
//! Tokio's tasks could do it, but each of those is made to be woken from anywhere. Here a life that is woken on its own loop is put
//! into a list of that thread's, and one task of tokio's polls them all: an answer between two actors of a loop costs neither a
//! look at the runtime nor a lock.

#[cfg(all(test, feature = "_shuttle"))]
mod interleavings;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use crate::sync::{Mutex, lock};

/// After how many polls the rest of the loop has a turn: its timers, its connections, other tasks.
const TURN: usize = 61;

type LocalFuture = Pin<Box<dyn Future<Output = ()>>>;

/// The lives of one loop.
#[derive(Default)]
pub(crate) struct Lives {
    shared: Arc<Shared>,
    places: RefCell<Vec<Option<Life>>>,
    free: RefCell<Vec<usize>>,
    ready: RefCell<VecDeque<usize>>,
    /// Which places are in that list.
    listed: RefCell<Vec<bool>>,
    /// The task that polls them; it is woken unless it runs, or was woken already.
    driver: RefCell<Option<Waker>>,
    awake: Cell<bool>,
    turns: Cell<u32>,
}

struct Life {
    future: LocalFuture,
    bell: Arc<Bell>,
    waker: Waker,
}

/// What other threads see of the lives of a loop.
#[derive(Default)]
struct Shared {
    rung: Line<AtomicU64>,
    woken: Mutex<Woken>,
}

/// Which lives other threads have woken, a bit each, and how it is with the loop. By itself in its line of the cache: a loop that waits
/// awake looks at it all the time, and whoever rings writes nothing else.
#[derive(Default)]
#[repr(align(64))]
struct Line<T>(T);

/// So many places have a bit; those above are in a list.
const BITS: usize = 62;

/// There are some in the list.
const LISTED: u64 = 1 << 62;

/// The loop sleeps: whoever takes this bit out wakes it. Only the loop puts it in, and only where there is no other.
const ASLEEP: u64 = 1 << 63;

#[derive(Default)]
struct Woken {
    places: Vec<usize>,
    /// The driver, of a loop that has slept before.
    driver: Option<Waker>,
}

/// What there was to poll.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Polled {
    All,
    /// There is more, and the driver has been woken for it.
    Part,
}

/// Wakes one life.
struct Bell {
    place: usize,
    /// Of one that has no bit: whether another thread has rung it since the loop looked.
    rung: AtomicBool,
    shared: Arc<Shared>,
}

thread_local! {
    static HERE: RefCell<Option<Rc<Lives>>> = const { RefCell::new(None) };
}

/// Makes `lives` those of this thread's loop.
pub(super) fn install(lives: Option<Rc<Lives>>) {
    let before = HERE.with(|here| here.replace(lives));
    drop(before);
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.ring();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring();
    }
}

impl Bell {
    fn ring(&self) {
        let driver = HERE.try_with(|here| {
            let here = here.try_borrow().ok()?;
            let here = here.as_ref().filter(|here| Arc::ptr_eq(&here.shared, &self.shared))?;
            Some(here.list(self.place).then(|| here.driver.borrow().clone()).flatten())
        });
        let driver = match driver {
            Ok(Some(driver)) => driver,
            // From another thread, or from one that ends.
            Ok(None) | Err(_) => self.shared.ring(self),
        };
        if let Some(driver) = driver {
            driver.wake();
        }
    }
}

impl Shared {
    /// Notes that a life is to be polled; whom to wake for that.
    fn ring(&self, bell: &Bell) -> Option<Waker> {
        let rung = &self.rung.0;
        let before = if bell.place < BITS {
            let bit = 1 << bell.place;
            let before = rung.fetch_or(bit, Ordering::AcqRel);
            if before & bit != 0 {
                return None;
            }
            before
        } else {
            if bell.rung.swap(true, Ordering::AcqRel) {
                return None;
            }
            lock(&self.woken).places.push(bell.place);
            rung.fetch_or(LISTED, Ordering::AcqRel)
        };
        if before & ASLEEP == 0 || rung.fetch_and(!ASLEEP, Ordering::AcqRel) & ASLEEP == 0 {
            return None;
        }
        // It stays: the loop may have woken by itself, and sleep again, before it is taken from here.
        lock(&self.woken).driver.clone()
    }
}

impl Lives {
    /// Begins one.
    pub(crate) fn begin(&self, future: impl Future<Output = ()> + 'static) {
        self.begin_boxed(Box::pin(future));
    }

    fn begin_boxed(&self, future: LocalFuture) {
        self.place(future).ring();
    }

    /// Begins one, and polls it at once: whoever is polled meanwhile waits.
    pub(crate) fn begin_now(&self, future: LocalFuture) {
        let place = self.place(future).place;
        self.poll_one(place);
    }

    /// Gives it its place.
    fn place(&self, future: LocalFuture) -> Arc<Bell> {
        let free = self.free.borrow_mut().pop();
        let place = free.unwrap_or_else(|| {
            let mut places = self.places.borrow_mut();
            places.push(None);
            self.listed.borrow_mut().push(false);
            places.len() - 1
        });
        let bell = Arc::new(Bell { place, rung: AtomicBool::new(false), shared: self.shared.clone() });
        let waker = Waker::from(bell.clone());
        if let Some(empty) = self.places.borrow_mut().get_mut(place) {
            *empty = Some(Life { future, bell: bell.clone(), waker });
        }
        bell
    }

    /// Notes that the life at `place` is to be polled. True if the driver must be woken for that.
    fn list(&self, place: usize) -> bool {
        match self.listed.borrow_mut().get_mut(place) {
            Some(listed) if !*listed => *listed = true,
            _ => return false,
        }
        self.ready.borrow_mut().push_back(place);
        !self.awake.replace(true)
    }

    /// Polls those that were woken. `pressed` is whether the rest of the loop is waited for: asked, and forgotten, after
    /// each round of those that were ready together.
    pub(super) fn poll(&self, cx: &Context<'_>, pressed: impl Fn() -> bool) -> Polled {
        self.turns.set(self.turns.get().wrapping_add(1));
        self.take_woken(cx.waker());
        let mut polled = 0;
        loop {
            let round = self.ready.borrow().len();
            for _ in 0..round.min(TURN - polled) {
                let place = self.ready.borrow_mut().pop_front();
                if let Some(place) = place {
                    self.poll_one(place);
                }
            }
            polled += round;
            let idle = self.ready.borrow().is_empty();
            self.awake.set(!idle);
            if idle {
                return Polled::All;
            }
            if polled >= TURN || pressed() {
                cx.waker().wake_by_ref();
                return Polled::Part;
            }
        }
    }

    fn poll_one(&self, place: usize) {
        // Before it is polled: what wakes it meanwhile has it polled again.
        if let Some(listed) = self.listed.borrow_mut().get_mut(place) {
            *listed = false;
        }
        let taken = self.places.borrow_mut().get_mut(place).and_then(Option::take);
        // One that is over may still be woken.
        let Some(mut life) = taken else { return };
        let mut cx = Context::from_waker(&life.waker);
        let polled = catch_unwind(AssertUnwindSafe(|| life.future.as_mut().poll(&mut cx)));
        if let Ok(Poll::Pending) = polled {
            if let Some(empty) = self.places.borrow_mut().get_mut(place) {
                *empty = Some(life);
            }
            return;
        }
        // A panic has been reported by the hook; it is nobody else's.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(life)));
        self.free.borrow_mut().push(place);
    }

    /// What other threads have woken, and how they wake the driver.
    fn take_woken(&self, driver: &Waker) {
        self.awake.set(true);
        let mut known = self.driver.borrow_mut();
        if !known.as_ref().is_some_and(|known| known.will_wake(driver)) {
            *known = Some(driver.clone());
            let before = lock(&self.shared.woken).driver.replace(driver.clone());
            drop(before);
        }
        if !self.is_rung() {
            return;
        }
        // Whoever rings one from now on has it polled again, and whatever those did who rang it before is seen.
        let rung = self.shared.rung.0.swap(0, Ordering::AcqRel);
        let mut left = rung & !(LISTED | ASLEEP);
        while left != 0 {
            self.list(left.trailing_zeros() as usize);
            left &= left - 1;
        }
        if rung & LISTED != 0 {
            for place in std::mem::take(&mut lock(&self.shared.woken).places) {
                if let Some(Some(life)) = self.places.borrow().get(place) {
                    life.bell.rung.swap(false, Ordering::AcqRel);
                }
                self.list(place);
            }
        }
    }

    /// How often those that were woken have been polled, with the rest of the loop in between.
    pub(crate) fn turns(&self) -> u32 {
        self.turns.get()
    }

    /// Whether another thread has woken one.
    pub(super) fn is_rung(&self) -> bool {
        self.shared.rung.0.load(Ordering::Acquire) & !ASLEEP != 0
    }

    /// Whether there is one to be polled.
    pub(super) fn are_called(&self) -> bool {
        !self.ready.borrow().is_empty() || self.is_rung()
    }

    /// From now on other threads wake the driver. False if one of them has something for it already.
    pub(super) fn sleep(&self) -> bool {
        match self.shared.rung.0.compare_exchange(0, ASLEEP, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => true,
            Err(found) => found == ASLEEP,
        }
    }

    /// Drops all of them.
    pub(super) fn end(&self) {
        // A destructor may begin another.
        for _ in 0..2 {
            let places = std::mem::take(&mut *self.places.borrow_mut());
            self.free.borrow_mut().clear();
            self.listed.borrow_mut().clear();
            drop(places);
        }
    }
}

/// Begins a life on the loop that `lives` are of, if it is there.
pub(crate) fn begin_on(lives: &Weak<Lives>, future: LocalFuture) {
    if let Some(lives) = lives.upgrade() {
        lives.begin_boxed(future);
    }
}

/// The same, and polls it at once.
pub(crate) fn begin_now_on(lives: &Weak<Lives>, future: LocalFuture) {
    if let Some(lives) = lives.upgrade() {
        lives.begin_now(future);
    }
}

/// Begins one on this thread's loop; it is dropped where there is none.
pub(crate) fn begin_here(future: impl Future<Output = ()> + 'static) {
    let here = HERE.with(|here| here.borrow().clone());
    if let Some(lives) = here {
        lives.begin(future);
    }
}

#[cfg(all(test, not(feature = "_shuttle")))]
mod tests {
    use super::*;

    async fn yields() {
        let mut yielded = false;
        std::future::poll_fn(|cx| {
            if std::mem::replace(&mut yielded, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    #[test]
    fn those_that_are_ready_have_their_turns_in_order_and_the_rest_of_the_loop_comes_between() {
        let lives = Rc::new(Lives::default());
        install(Some(lives.clone()));
        let seen: Rc<RefCell<Vec<(usize, u32)>>> = Rc::default();
        for life in 0..3 {
            let seen = seen.clone();
            lives.begin(async move {
                for turn in 0..50 {
                    seen.borrow_mut().push((life, turn));
                    yields().await;
                }
            });
        }
        let cx = Context::from_waker(Waker::noop());
        lives.poll(&cx, || false);
        assert_eq!(seen.borrow().len(), TURN);
        lives.poll(&cx, || true);
        assert_eq!(seen.borrow().len(), TURN + 3, "one round of those that were ready");
        while lives.places.borrow().iter().any(Option::is_some) {
            lives.poll(&cx, || false);
        }
        assert_eq!(seen.borrow().len(), 150);
        assert!(seen.borrow().iter().enumerate().all(|(at, &(life, turn))| at == turn as usize * 3 + life));
        install(None);
    }

    #[test]
    fn a_panic_ends_one_life_and_its_place_is_used_again() {
        let lives = Rc::new(Lives::default());
        install(Some(lives.clone()));
        let done = Rc::new(Cell::new(false));
        lives.begin(async { panic!("meant") });
        let cx = Context::from_waker(Waker::noop());
        lives.poll(&cx, || false);
        let seen = done.clone();
        lives.begin(async move { seen.set(true) });
        assert_eq!(lives.places.borrow().len(), 1);
        lives.poll(&cx, || false);
        assert!(done.get());
        install(None);
    }
}
