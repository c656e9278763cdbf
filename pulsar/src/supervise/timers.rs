//! The timers of a machine's children: which is next. Must not know what a timer is for.
//!
//! Most run equally long from the moment they are set, so they come in the order in which they are due: one is added at the end of
//! its line, and one that was given up is left there until it comes to the front.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use crate::ActorId;

/// How many lengths have a line of their own; with more of them, as with delays that are drawn, those others are kept in order.
const MAX_LINES: usize = 8;

/// Sweeping pays off only beyond this.
const SWEEP_FROM: usize = 256;

#[derive(Clone, Debug, Default)]
pub(super) struct Timers {
    lines: Vec<Line>,
    others: BTreeSet<(Duration, ActorId)>,
    /// How many in the lines were not given up.
    wanted: usize,
}

#[derive(Clone, Debug)]
struct Line {
    length: Duration,
    waiting: VecDeque<(Duration, ActorId)>,
}

impl Timers {
    pub(super) const fn new() -> Self {
        Self { lines: Vec::new(), others: BTreeSet::new(), wanted: 0 }
    }

    /// Sets one.
    pub(super) fn add(&mut self, now: Duration, at: Duration, id: ActorId, wanted: impl Fn(Duration, ActorId) -> bool) {
        let length = at.saturating_sub(now);
        // Those that are due together come in the order of their children.
        let Some(line) = self.line(length).filter(|line| line.waiting.back().is_none_or(|&last| last <= (at, id)))
        else {
            self.others.insert((at, id));
            return;
        };
        line.waiting.push_back((at, id));
        self.wanted += 1;
        let kept: usize = self.lines.iter().map(|line| line.waiting.len()).sum();
        if kept > SWEEP_FROM + 2 * self.wanted {
            self.lines.iter_mut().for_each(|line| line.waiting.retain(|&(at, id)| wanted(at, id)));
        }
    }

    /// The line of this length, or an empty one that becomes it.
    fn line(&mut self, length: Duration) -> Option<&mut Line> {
        let found = self.lines.iter().position(|line| line.length == length);
        let found = found.or_else(|| self.lines.iter().position(|line| line.waiting.is_empty()));
        if found.is_none() && self.lines.len() < MAX_LINES {
            self.lines.push(Line { length, waiting: VecDeque::new() });
            return self.lines.last_mut();
        }
        let line = self.lines.get_mut(found?)?;
        line.length = length;
        Some(line)
    }

    /// Gives one up, of which `wanted` does not hold any more.
    pub(super) fn remove(&mut self, at: Duration, id: ActorId, wanted: impl Fn(Duration, ActorId) -> bool) {
        if self.others.is_empty() || !self.others.remove(&(at, id)) {
            self.wanted = self.wanted.saturating_sub(1);
        }
        // What is at the front is always wanted. One that was given up and set again for the same time may be in several places.
        for line in self.lines.iter_mut().filter(|line| line.waiting.front() == Some(&(at, id))) {
            while line.waiting.front().is_some_and(|&(at, id)| !wanted(at, id)) {
                line.waiting.pop_front();
            }
        }
    }

    /// The next.
    pub(super) fn first(&self) -> Option<(Duration, ActorId)> {
        let lines = self.lines.iter().filter_map(|line| line.waiting.front());
        lines.chain(self.others.first()).min().copied()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_next_is_the_earliest_whatever_was_set_and_given_up() {
        let mut deadlines = BTreeMap::new();
        let (mut timers, mut seed, mut now) = (Timers::new(), 7_u64, Duration::ZERO);
        let mut draw = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..100_000 {
            // Many at the same time, so that many are due together, and few enough that most are waited for until they are.
            now += Duration::from_millis(draw(50) / 40 * draw(20_000));
            let id = ActorId::new(0, u32::try_from(draw(300)).expect("small"));
            // Most lengths are common, others are drawn.
            let common = [4_000, 30_000, 5_000, 30_001];
            let length = if draw(4) == 0 { draw(100_000) } else { common[usize::try_from(draw(4)).expect("small")] };
            let at = now + Duration::from_millis(length);
            let before = if draw(3) == 0 { deadlines.remove(&id) } else { deadlines.insert(id, at) };
            if before == deadlines.get(&id).copied() {
                continue;
            }
            let wanted = |at, id| deadlines.get(&id) == Some(&at);
            if let Some(before) = before {
                timers.remove(before, id, wanted);
            }
            if wanted(at, id) {
                timers.add(now, at, id, wanted);
            }
            assert_eq!(timers.first(), deadlines.iter().map(|(&id, &at)| (at, id)).min());
        }
        let kept: usize = timers.lines.iter().map(|line| line.waiting.len()).sum();
        assert!(kept <= SWEEP_FROM + 3 * 300, "{kept} are kept");
    }

    #[test]
    fn one_that_is_set_again_for_the_same_time_is_given_up_wherever_it_is() {
        let [a, b, c] = [1, 2, 3].map(|serial| ActorId::new(0, serial));
        let (soon, at) = (Duration::from_secs(1), Duration::from_secs(5));
        let mut timers = Timers::new();
        timers.add(Duration::ZERO, at, a, |_, _| true);
        timers.add(Duration::ZERO, at, b, |_, _| true);
        timers.remove(at, b, |_, id| id == a);
        timers.add(soon, at, c, |_, _| true);
        // Behind its earlier self, and before the last that is due as late.
        timers.add(soon, at, b, |_, _| true);
        timers.remove(at, a, |_, id| id != a);
        assert_eq!(timers.first(), Some((at, b)));
        timers.remove(at, b, |_, id| id == c);
        assert_eq!(timers.first(), Some((at, c)));
    }
}
