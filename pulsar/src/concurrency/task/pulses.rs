//! When the task actors of a loop have their heartbeats: one timer for all of them. Must not know what a heartbeat does.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::id::ActorId;

/// Sweeping pays off only beyond this.
const SWEEP_FROM: usize = 256;

/// The heartbeats that are to come. Those of one period come in the order in which they were noted; there are few periods.
#[derive(Default)]
pub(super) struct Pulses(RefCell<Vec<Line>>);

struct Line {
    period: Duration,
    waiting: VecDeque<(Instant, ActorId)>,
    sweep_at: usize,
}

impl Pulses {
    /// Notes one. Those that are no longer `wanted`, of actors that have ended above all, are swept out now and then.
    pub(super) fn add(&self, period: Duration, at: Instant, id: ActorId, wanted: impl Fn(Instant, ActorId) -> bool) {
        let mut lines = self.0.borrow_mut();
        let found = lines.iter().position(|line| line.period == period).unwrap_or_else(|| {
            lines.push(Line { period, waiting: VecDeque::new(), sweep_at: SWEEP_FROM });
            lines.len() - 1
        });
        let Some(line) = lines.get_mut(found) else { return };
        if line.waiting.len() >= line.sweep_at {
            line.waiting.retain(|&(at, id)| wanted(at, id));
            line.sweep_at = SWEEP_FROM.max(2 * line.waiting.len());
        }
        line.waiting.push_back((at, id));
    }

    /// When the next is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.borrow().iter().filter_map(|line| line.waiting.front()).map(|&(at, _)| at).min()
    }

    /// Takes out the next that is due, if one is.
    pub(super) fn take(&self, now: Instant) -> Option<(Instant, ActorId)> {
        let mut lines = self.0.borrow_mut();
        let due = |line: &Line| line.waiting.front().is_some_and(|&(at, _)| at <= now);
        let found = lines.iter().position(due)?;
        let line = lines.get_mut(found)?;
        let taken = line.waiting.pop_front();
        if line.waiting.is_empty() {
            lines.swap_remove(found);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_due_in_its_time_and_what_is_over_is_swept_out() {
        let start = Instant::now();
        let (pulses, long, short) = (Pulses::default(), Duration::from_secs(10), Duration::from_secs(1));
        let id = |serial| ActorId::new(0, serial);
        let after = |millis| start + Duration::from_millis(millis);
        assert_eq!(pulses.next(), None);
        pulses.add(long, after(10_000), id(1), |_, _| true);
        pulses.add(short, after(1_005), id(2), |_, _| true);
        pulses.add(long, after(10_010), id(3), |_, _| true);
        assert_eq!(pulses.next(), Some(after(1_005)));
        assert_eq!(pulses.take(after(1_004)), None);
        assert_eq!(pulses.take(after(1_005)), Some((after(1_005), id(2))));
        assert_eq!(pulses.next(), Some(after(10_000)));
        // A million that come and go, of which one is left.
        for serial in 4..100_000 {
            pulses.add(long, after(10_020), id(serial), |_, known| known == id(3));
        }
        let kept = pulses.0.borrow().iter().map(|line| line.waiting.len()).sum::<usize>();
        assert!(kept <= SWEEP_FROM + 1, "{kept} are kept");
        assert_eq!(pulses.take(after(20_000)), Some((after(10_010), id(3))));
    }
}
