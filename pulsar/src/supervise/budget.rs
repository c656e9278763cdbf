//! How many restarts are too many. Owns the sliding window of recent restarts.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How many restarts, within what time, a child may have. One more and it is given up.
///
/// The words are OTP's, where one in five seconds is the default of a whole supervisor; here it is each child's.
///
/// ```
/// use pulsar::supervise::Intensity;
/// assert_eq!(Intensity::default(), Intensity::new(5, std::time::Duration::from_secs(30)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Intensity {
    /// The restarts that are allowed: 5.
    pub restarts: u32,
    /// The time in which they are counted: 30 s.
    pub within: Duration,
}

impl Intensity {
    /// So many restarts within such a time.
    pub const fn new(restarts: u32, within: Duration) -> Self {
        Self { restarts, within }
    }
}

impl Default for Intensity {
    fn default() -> Self {
        Self::new(5, Duration::from_secs(30))
    }
}

/// The restarts of late.
#[derive(Clone, Debug, Default)]
pub(super) struct Budget {
    /// None where there never was one: most children live without.
    #[expect(clippy::box_collection, reason = "a word where there is none, of which there are many")]
    recent: Option<Box<VecDeque<Duration>>>,
}

impl Budget {
    /// Whether one more restart is within the intensity; it is counted if so.
    pub(super) fn spend(&mut self, intensity: Option<&Intensity>, now: Duration) -> bool {
        let Some(intensity) = intensity else {
            self.recent = None;
            return true;
        };
        let recent = self.recent.get_or_insert_default();
        while recent.front().is_some_and(|&at| now.saturating_sub(at) > intensity.within) {
            recent.pop_front();
        }
        let allowed = recent.len() < intensity.restarts as usize;
        if allowed {
            recent.push_back(now);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_restarts_as_allowed_and_not_one_more() {
        let intensity = Intensity::new(2, Duration::from_secs(10));
        let mut budget = Budget::default();
        let mut spend = |seconds| budget.spend(Some(&intensity), Duration::from_secs(seconds));
        assert!(spend(0));
        assert!(spend(1));
        assert!(!spend(10));
        assert!(spend(11), "the first has left the window");
        assert!(!spend(11));
    }

    #[test]
    fn without_an_intensity_nothing_is_kept() {
        let mut budget = Budget::default();
        assert!((0..10_000).all(|at| budget.spend(None, Duration::from_secs(at))));
        assert!(budget.recent.is_none());
    }
}
