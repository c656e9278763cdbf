//! How long a restart waits. Owns the ladder of delays and its jitter.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A child that was ready for longer than this is restarted at once, the first time.
const PROMPT_AFTER: Duration = Duration::from_secs(1);

/// A child that was ready for this long is healthy: its next failure is a first one again.
pub(super) const HEALTHY_AFTER: Duration = Duration::from_secs(30);

/// The delays of restarts: the first, doubled each time, up to the longest; each ±20 %.
///
/// A child that had been ready for more than a second is restarted at once, the first time; 30 s of health make its next
/// failure a first one again. (OTP restarts at once always; delays that grow are systemd's `RestartSteps`.)
///
/// ```
/// use std::time::Duration;
/// use pulsar::supervise::Backoff;
///
/// let patient = Backoff::new(Duration::from_secs(1), Duration::from_secs(300));
/// assert_eq!(Backoff::default().min, Duration::from_millis(100));
/// # let _ = patient;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Backoff {
    /// The first delay: 100 ms.
    pub min: Duration,
    /// The longest delay, before jitter: 30 s.
    pub max: Duration,
}

impl Backoff {
    /// From the first delay to the longest.
    pub const fn new(min: Duration, max: Duration) -> Self {
        Self { min, max }
    }

    /// The delay on this rung of the ladder.
    fn delay(&self, rung: u32) -> Duration {
        self.min.saturating_mul(1 << rung.min(31)).min(self.max)
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(Duration::from_millis(100), Duration::from_secs(30))
    }
}

/// Where one child stands on its ladder of delays.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ladder {
    failed: bool,
    rung: u32,
}

impl Ladder {
    /// The delay after an incarnation that was ready for so long, and a step up.
    pub(super) fn climb(&mut self, backoff: &Backoff, ready: Duration, jitter: &mut Jitter) -> Duration {
        if ready >= HEALTHY_AFTER {
            *self = Self::default();
        }
        let first = !std::mem::replace(&mut self.failed, true);
        if first && ready > PROMPT_AFTER {
            return Duration::ZERO;
        }
        let delay = backoff.delay(self.rung);
        self.rung = self.rung.saturating_add(1);
        jitter.spread(delay)
    }
}

/// Spreads delays by up to a fifth, so that children that fell together do not come back together.
///
/// The numbers are SplitMix64's: the same seed gives the same delays.
#[derive(Clone, Debug)]
pub(super) struct Jitter(u64);

impl Jitter {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From 80 to 100 % of a limit.
    pub(super) fn share(&mut self, limit: u64) -> u64 {
        let fifth = limit / 5;
        limit - fifth + (u128::from(fifth) * u128::from(self.next() % 1025) / 1024) as u64
    }

    /// From 80 to 120 % of a delay.
    pub(super) fn spread(&mut self, delay: Duration) -> Duration {
        let fifth = delay / 5;
        // 0..=1024 of 1024ths of two fifths.
        let share = (self.next() % 1025) as u32;
        let offset = u128::from(share) * fifth.as_nanos() * 2 / 1024;
        let offset = u64::try_from(offset).map_or(Duration::MAX, Duration::from_nanos);
        (delay - fifth).saturating_add(offset)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest_and_stay_within_a_fifth() {
        let backoff = Backoff::default();
        let mut jitter = Jitter::new(7);
        let mut ladder = Ladder::default();
        for expected in [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000] {
            let expected = Duration::from_millis(expected);
            let delay = ladder.climb(&backoff, Duration::ZERO, &mut jitter);
            assert!(delay >= expected.mul_f64(0.8) && delay <= expected.mul_f64(1.2), "{delay:?} for {expected:?}");
        }
    }

    #[test]
    fn the_first_restart_is_prompt_and_health_makes_the_next_a_first_again() {
        let (backoff, mut jitter, mut ladder) = (Backoff::default(), Jitter::new(7), Ladder::default());
        let mut climb = |millis| ladder.climb(&backoff, Duration::from_millis(millis), &mut jitter);
        assert_eq!(climb(1001), Duration::ZERO);
        assert!(climb(1001) >= Duration::from_millis(80));
        assert!(climb(29_999) >= Duration::from_millis(160));
        assert_eq!(climb(30_000), Duration::ZERO);
        assert!(climb(0) <= Duration::from_millis(120));
        let mut fresh = Ladder::default();
        let exactly = fresh.climb(&backoff, PROMPT_AFTER, &mut Jitter::new(7));
        assert!(exactly >= Duration::from_millis(80), "ready for a second is not for more than one");
    }

    #[test]
    fn jitter_reaches_both_ends_and_survives_extremes() {
        let mut jitter = Jitter::new(1);
        let delays: Vec<_> = (0..10_000).map(|_| jitter.spread(Duration::from_secs(1))).collect();
        assert!(delays.iter().min().unwrap() < &Duration::from_millis(805));
        assert!(delays.iter().max().unwrap() > &Duration::from_millis(1195));
        jitter.spread(Duration::MAX);
        assert_eq!(jitter.spread(Duration::ZERO), Duration::ZERO);
    }
}
