//! Waiting awake: a loop that has nothing to do looks for a while whether something comes, before it sleeps. Owns when it does, and
//! the switch. Must not know what may come.
//!
//! It looks at a word that other threads set; between looks tokio has its turn, and with it timers and sockets. Only
//! where that has lately paid (`gaps`), never where there is only one core, and no more loops at a time than leave a core to whoever works.

mod gaps;

use std::cell::{Cell, RefCell};
use std::ffi::OsStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::super::sys;
use crate::host;
use gaps::Gaps;

/// `on`, `off`, or for how many microseconds.
const SWITCH: &str = "PULSAR_SPIN";

/// For how long, unless told otherwise: what a core takes to wake, on machines where that takes long.
const BUDGET: Duration = Duration::from_micros(100);

/// How many looks there are between two turns of tokio's: about half a microsecond of them.
const LOOKS: u32 = 16;

/// A turn of tokio's, and the looks, take a microsecond. One that takes so long had other work, or was interrupted.
const STALL: Duration = Duration::from_micros(30);

/// Who hands over to another waits awake together with it for so long.
const HANDOVER: Duration = Duration::from_micros(3);

/// Where more messages than that were taken since the last gap, many are on their way: they had better come together.
const FEW: usize = 4;

/// How many loops of this process wait awake.
static AWAKE: AtomicUsize = AtomicUsize::new(0);

/// What a loop with nothing to do does next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Something has come.
    Look,
    /// What is ready on the loop has its turn.
    Pass,
    /// Tokio has a turn.
    Turn,
    Sleep,
}

/// One loop's idle time.
pub(super) struct Spinner {
    /// None where it is switched off.
    gaps: Option<RefCell<Gaps>>,
    state: Cell<State>,
    /// How many cores the process has.
    cores: usize,
}

#[derive(Clone, Copy)]
enum State {
    Busy,
    /// The rest of the loop has a turn: what that wakes has waited for it, and for nobody else.
    Passing,
    /// Awake since; looked last.
    Awake(Option<(Instant, Instant)>),
    /// Asleep since; nothing is made of it where that is not known.
    Asleep(Option<Instant>),
}

impl Spinner {
    /// One as the environment has it.
    pub(super) fn from_env() -> Self {
        // As many as it was started with: a thread that its user has pinned since may well be asked from another core, and where it is
        // not, it finds out.
        static CORES: OnceLock<usize> = OnceLock::new();
        Self::new(setting().unwrap_or_default(), *CORES.get_or_init(sys::cores))
    }

    fn new(budget: Option<Duration>, cores: usize) -> Self {
        let gaps = budget.map(|budget| RefCell::new(Gaps::new(budget)));
        Self { gaps, state: Cell::new(State::Busy), cores }
    }

    /// Something has come.
    pub(super) fn called(&self) {
        let Some(gaps) = &self.gaps else { return };
        match self.state.replace(State::Busy) {
            State::Busy | State::Passing | State::Asleep(None) => {}
            State::Awake(looked) => {
                AWAKE.fetch_sub(1, Ordering::Relaxed);
                let gap = looked.map_or(Duration::ZERO, |(since, looked)| looked.saturating_duration_since(since));
                gaps.borrow_mut().hit(gap);
            }
            State::Asleep(Some(since)) => gaps.borrow_mut().slept(since.elapsed()),
        }
    }

    /// There is nothing to do. `rung` says when something comes from another thread; `pressed` is whether others of the loop
    /// are waited for.
    pub(super) fn wait(&self, rung: impl Fn() -> bool, pressed: bool) -> Next {
        let Some(gaps) = &self.gaps else { return Next::Sleep };
        let begins = match self.state.get() {
            State::Busy if gaps.borrow().limit().is_some() && (pressed || !rung()) => {
                self.state.set(State::Passing);
                return Next::Pass;
            }
            State::Busy | State::Passing => true,
            State::Awake(_) | State::Asleep(_) => false,
        };
        if begins {
            self.state.set(self.begin(gaps));
        }
        let State::Awake(awake) = self.state.get() else { return Next::Sleep };
        if begins && pressed {
            return Next::Turn;
        }
        for _ in 0..LOOKS {
            if rung() {
                return Next::Look;
            }
            std::hint::spin_loop();
        }
        let now = Instant::now();
        let (since, before) = awake.unwrap_or((now, now));
        let waited = now.saturating_duration_since(since);
        let limit = gaps.borrow().limit().unwrap_or_default();
        let crowded = waited > HANDOVER && AWAKE.load(Ordering::Relaxed) > self.room();
        if waited > limit || crowded || now.saturating_duration_since(before) > STALL {
            gaps.borrow_mut().missed();
            AWAKE.fetch_sub(1, Ordering::Relaxed);
            self.state.set(State::Asleep(None));
            return Next::Sleep;
        }
        self.state.set(State::Awake(Some((since, now))));
        Next::Turn
    }

    /// A gap begins.
    fn begin(&self, gaps: &RefCell<Gaps>) -> State {
        if host::taken() > FEW || self.cores < 2 {
            return State::Asleep(None);
        }
        if gaps.borrow().limit().is_none() {
            return State::Asleep(Some(Instant::now()));
        }
        // One more than there is room for: who is handing over leaves at once.
        if AWAKE.fetch_add(1, Ordering::Relaxed) > self.room() {
            AWAKE.fetch_sub(1, Ordering::Relaxed);
            gaps.borrow_mut().missed();
            return State::Asleep(None);
        }
        State::Awake(None)
    }

    /// How many loops may wait awake.
    fn room(&self) -> usize {
        self.cores.saturating_sub(1).max(1)
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        if matches!(self.state.get(), State::Awake(_)) {
            AWAKE.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Waits until it is `over`, on a thread without a loop that is unparked then.
pub(super) fn rest(over: &dyn Fn() -> bool) {
    thread_local! {
        static SPINNER: Spinner = Spinner::from_env();
    }
    let rested = SPINNER.try_with(|spinner| {
        while !over() {
            // A thread without a loop has nothing to pass to.
            if spinner.wait(over, false) == Next::Sleep {
                thread::park();
            }
        }
        spinner.called();
    });
    // A thread that ends has none any more.
    while rested.is_err() && !over() {
        thread::park();
    }
}

/// For how long loops may wait awake; `None` is not at all. Fails with what is wrong with what the environment says.
pub(crate) fn setting() -> Result<Option<Duration>, String> {
    static SETTING: OnceLock<Result<Option<Duration>, String>> = OnceLock::new();
    let from_env = || {
        let text = std::env::var_os(SWITCH);
        read(text.as_deref().map(OsStr::to_string_lossy).as_deref())
    };
    SETTING.get_or_init(from_env).clone()
}

fn read(text: Option<&str>) -> Result<Option<Duration>, String> {
    match text {
        None | Some("on") => Ok(Some(BUDGET)),
        Some("off" | "0") => Ok(None),
        Some(text) => match text.parse() {
            Ok(micros @ 1..=10_000) => Ok(Some(Duration::from_micros(micros))),
            _ => Err(format!("{SWITCH}={text}: say `on`, `off`, or a number of microseconds up to 10000")),
        },
    }
}

#[cfg(all(test, not(feature = "_shuttle")))]
mod tests {
    use super::*;

    const NEVER: fn() -> bool = || false;

    /// How often one waits awake in so many short gaps.
    fn awake(spinner: &Spinner, gaps: u32) -> u32 {
        let mut awake = 0;
        for _ in 0..gaps {
            awake += u32::from(spinner.wait(|| true, false) != Next::Sleep);
            spinner.called();
        }
        awake
    }

    #[test]
    fn on_one_core_none_waits_awake() {
        assert_eq!(awake(&Spinner::new(Some(BUDGET), 1), 10_000), 0);
    }

    #[test]
    fn where_it_is_switched_off_none_does() {
        assert_eq!(awake(&Spinner::new(None, 2), 1000), 0);
    }

    #[test]
    fn what_comes_soon_is_waited_for_and_what_does_not_is_given_up() {
        let spinner = Spinner::new(Some(BUDGET), 2);
        // Others of these tests may wait awake just now.
        let habit = awake(&spinner, 20_000);
        assert!(habit > 0);
        while spinner.wait(|| true, false) == Next::Sleep {
            spinner.called();
        }
        let begun = Instant::now();
        while spinner.wait(NEVER, false) == Next::Turn {}
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        spinner.called();
        assert_eq!(spinner.wait(|| true, false), Next::Sleep);
    }

    #[test]
    fn others_of_the_loop_have_their_turn_first() {
        let spinner = Spinner::new(Some(BUDGET), 2);
        let looks = Cell::new(0);
        for _ in 0..20_000 {
            for _ in 0..2 {
                let next = spinner.wait(|| looks.replace(looks.get() + 1) > 0, true);
                assert_ne!(next, Next::Look);
            }
            spinner.called();
        }
        assert_eq!(looks.get(), 0);
    }

    /// What was waited for was other work of the same loop.
    #[test]
    fn what_the_rest_of_the_loop_wakes_is_no_gap() {
        let spinner = Spinner::new(Some(BUDGET), 2);
        awake(&spinner, 100);
        for _ in 0..1000 {
            match spinner.wait(NEVER, false) {
                Next::Pass => {}
                Next::Sleep => assert!(spinner.gaps.as_ref().is_some_and(|gaps| gaps.borrow().limit().is_none())),
                next => panic!("{next:?} before the rest of the loop has had its turn"),
            }
            spinner.called();
        }
    }

    #[test]
    fn where_many_come_together_it_sleeps() {
        let spinner = Spinner::new(Some(BUDGET), 2);
        for _ in 0..1000 {
            host::count_taken(FEW + 1);
            assert_eq!(spinner.wait(|| true, false), Next::Sleep);
            spinner.called();
        }
    }

    #[test]
    fn the_switch_is_read() {
        assert_eq!(read(None), Ok(Some(BUDGET)));
        assert_eq!(read(Some("on")), Ok(Some(BUDGET)));
        assert_eq!(read(Some("off")), Ok(None));
        assert_eq!(read(Some("250")), Ok(Some(Duration::from_micros(250))));
        for wrong in ["", "yes", "-1", "10001", "1.5"] {
            assert!(read(Some(wrong)).is_err(), "{wrong}");
        }
    }
}
