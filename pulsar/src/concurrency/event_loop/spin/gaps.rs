//! What a loop has lately found of its own idle time, and whether to wait for the end of it awake. Owns the judgement only: reads no
//! clock, and must not know how one waits.
//!
//! To sleep costs whoever comes next the waking of a core: tens of microseconds, of which the other side's sleep shows
//! in one's own idle time as well. So what is worth a try is a few times longer than what is worth a habit; two that sleep, and
//! ask each other, find out within some tens of asks.

use std::time::Duration;

/// How many gaps must have been short before one is tried awake.
const FIRST: u32 = 8;

/// How many more are wanted at most after a try that failed, however often others failed before it.
const MOST: u32 = 8192;

/// How many gaps in a row that end early have one failure forgotten.
const GOOD: u32 = 64;

/// How often the end may come late, if in time, before that counts as a failure: the other side did not wake up for it.
const SLOW: u32 = 8;

/// The idle time of a loop.
#[derive(Debug)]
pub(super) struct Gaps {
    /// For how long it may wait awake.
    budget: Duration,
    /// How many short gaps are still wanted before it does.
    wanted: u32,
    /// How many will be after the next failure.
    penalty: u32,
    /// How many in a row have ended early.
    quick: u32,
    /// How many in a row have ended late, if in time.
    slow: u32,
}

impl Gaps {
    pub(super) fn new(budget: Duration) -> Self {
        Self { budget, wanted: FIRST, penalty: FIRST, quick: 0, slow: 0 }
    }

    /// For how long the next may be waited for awake; `None` if it is better to sleep.
    pub(super) fn limit(&self) -> Option<Duration> {
        if self.wanted > 0 {
            return None;
        }
        // Until the other side is known to be awake, long enough for it to wake.
        Some(if self.quick > 0 { self.budget } else { self.budget * 2 })
    }

    /// One was slept through.
    pub(super) fn slept(&mut self, gap: Duration) {
        // It may have been as long only because both sides slept.
        if gap <= self.budget * 4 {
            self.wanted = self.wanted.saturating_sub(1);
        } else {
            self.wanted = self.wanted.max(FIRST);
        }
    }

    /// One ended while it was waited for.
    pub(super) fn hit(&mut self, gap: Duration) {
        if gap > self.budget / 2 {
            self.slow += 1;
            if self.slow >= SLOW {
                self.missed();
            }
            return;
        }
        self.slow = 0;
        self.quick += 1;
        if self.quick > GOOD {
            self.penalty = (self.penalty / 2).max(FIRST);
            self.quick = 1;
        }
    }

    /// One did not end in time, or the wait for it was interrupted by others' work.
    pub(super) fn missed(&mut self) {
        self.wanted = self.penalty;
        self.penalty = (self.penalty * 2).min(MOST);
        (self.quick, self.slow) = (0, 0);
    }
}

#[cfg(all(test, not(feature = "_shuttle")))]
mod tests {
    use super::*;

    const BUDGET: Duration = Duration::from_micros(100);

    const fn micros(micros: u64) -> Duration {
        Duration::from_micros(micros)
    }

    /// One of two that ask each other, and whether it was awake when the other had done.
    struct Side(Gaps, bool);

    impl Side {
        /// The other takes so long. How long it takes until this one goes on.
        fn waits(&mut self, other: Duration, wake: Duration) -> Duration {
            match self.0.limit() {
                Some(limit) if other <= limit => {
                    self.0.hit(other);
                    self.1 = true;
                    Duration::ZERO
                }
                Some(_) => {
                    self.0.missed();
                    self.1 = false;
                    wake
                }
                None => {
                    self.0.slept(other + wake);
                    self.1 = false;
                    wake
                }
            }
        }
    }

    /// After how many asks two who sleep have come to wait awake.
    fn converge(work: Duration, wake: Duration) -> Option<u32> {
        let mut sides = [Side(Gaps::new(BUDGET), false), Side(Gaps::new(BUDGET), false)];
        // How long the one that is asked takes to begin.
        let mut late = wake;
        for asks in 0..200 {
            for side in &mut sides {
                late = side.waits(late + work, wake);
            }
            if sides.iter().all(|side| side.1 && side.0.quick > 0) {
                return Some(asks);
            }
        }
        None
    }

    #[test]
    fn two_that_sleep_and_ask_each_other_come_to_wait_awake() {
        for wake in [2, 25, 50, 90, 140] {
            for work in [1, 5, 30] {
                let asks = converge(micros(work), micros(wake));
                assert!(asks.is_some_and(|asks| asks <= 40), "{work} us of work, {wake} to wake: after {asks:?} asks");
            }
        }
    }

    #[test]
    fn where_it_does_not_pay_it_is_tried_ever_more_seldom() {
        let mut gaps = Gaps::new(BUDGET);
        let mut tries = 0;
        for _ in 0..200_000 {
            match gaps.limit() {
                // What looks as if it might pay, and does not.
                None => gaps.slept(micros(250)),
                Some(_) => {
                    tries += 1;
                    gaps.missed();
                }
            }
        }
        assert!(tries < 50, "{tries} tries");
    }

    #[test]
    fn who_is_idle_never_tries() {
        let mut gaps = Gaps::new(BUDGET);
        for round in 0..100_000 {
            // A few things at once, now and then.
            let gap = if round % 5 == 0 { micros(20_000) } else { micros(10) };
            gaps.slept(gap);
            assert_eq!(gaps.limit(), None);
        }
    }

    #[test]
    fn an_end_that_comes_late_each_time_is_not_waited_for() {
        let mut gaps = Gaps::new(BUDGET);
        while gaps.limit().is_none() {
            gaps.slept(micros(90));
        }
        for _ in 0..SLOW {
            assert!(gaps.limit().is_some());
            gaps.hit(micros(90));
        }
        assert!(gaps.limit().is_none());
    }

    #[test]
    fn what_pays_again_makes_up_for_what_did_not() {
        let mut gaps = Gaps::new(BUDGET);
        for _ in 0..5 {
            gaps.missed();
        }
        while gaps.limit().is_none() {
            gaps.slept(micros(90));
        }
        for _ in 0..10 * GOOD {
            gaps.hit(micros(2));
        }
        gaps.missed();
        assert_eq!(gaps.wanted, FIRST);
    }
}
