//! A group: children that come up in order, go down in reverse, and are started again together.
//!
//! Owns the order in which the children of a group are started and stopped. One routine serves a first start, a restart of some
//! and the end of all: what is to be down is stopped from the last on, then what is to be up is started from the first on, each
//! step when the one before is done.

use std::time::Duration;

use super::life::{Cause, Life};
use super::team::{Seat, Sort};
use super::turn::Turn;
use super::{AutoShutdown, Child, GroupPolicy, Strategy};
use crate::{ActorId, ExitReason};

#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) policy: GroupPolicy,
    pub(super) work: Work,
}

/// What a group does with all or some of its children.
#[derive(Clone, Copy, Debug)]
pub(super) enum Work {
    /// Nothing: each is on its own.
    Steady,
    /// Starts what is to be up. Before `at` all are.
    Rising { at: Seat },
    /// Stops what sits at `from` or after it. At `at` and after it nothing lives.
    Falling { from: Seat, at: Seat, again: Again },
    /// What was to be stopped is down, and waits.
    Resting { from: Seat, again: Again },
}

/// When what was stopped is started again, and from where on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Again {
    rise: Seat,
    until: Duration,
}

impl Work {
    pub(super) const fn all_down() -> Self {
        Self::Falling { from: 0, at: Seat::MAX, again: Again { rise: 0, until: Duration::ZERO } }
    }

    /// Whether the child at this place is to be down now.
    pub(super) fn falls(self, seat: Seat) -> bool {
        match self {
            Self::Falling { from, .. } | Self::Resting { from, .. } => seat >= from,
            Self::Steady | Self::Rising { .. } => false,
        }
    }
}

impl Group {
    pub(super) fn rests_until(&self) -> Option<Duration> {
        match self.work {
            Work::Resting { again, .. } => Some(again.until),
            _ => None,
        }
    }

    /// The child at this place is to be up, and may not be.
    pub(super) fn look_again(&mut self, seat: Seat) {
        match &mut self.work {
            Work::Rising { at } => *at = seat.min(*at),
            Work::Falling { again, .. } | Work::Resting { again, .. } => again.rise = seat.min(again.rise),
            Work::Steady => {}
        }
    }

    /// Does not wait any longer with those that are started again.
    pub(super) fn hurry(&mut self) {
        if let Work::Falling { again, .. } | Work::Resting { again, .. } = &mut self.work {
            again.until = Duration::ZERO;
        }
    }

    /// The child at this place failed: all that its failure affects are stopped, and started after the delay.
    fn regroup(&mut self, seat: Seat, until: Duration) {
        let first = if self.policy.strategy == Strategy::OneForAll { 0 } else { seat };
        let (from, again) = match self.work {
            Work::Steady => (first, Again { rise: first, until }),
            Work::Rising { at } => (first, Again { rise: first.min(at), until }),
            Work::Falling { from, again, .. } | Work::Resting { from, again } => {
                (first.min(from), Again { rise: first.min(again.rise), until: until.max(again.until) })
            }
        };
        self.work = Work::Falling { from, at: Seat::MAX, again };
    }
}

impl Turn<'_> {
    /// Does what a group's work asks for, as far as it can be done now.
    pub(super) fn settle_group(&mut self, id: ActorId) {
        loop {
            let Some(work) = self.work(id).filter(|_| self.get(id).is_some_and(Child::is_live)) else { return };
            let next = match work {
                Work::Steady => return,
                // It is stopped in its turn: nothing more is started for that.
                Work::Rising { .. } if self.get(id).is_some_and(|group| self.falls(group)) => return,
                Work::Rising { at } => self.rise(id, at),
                Work::Falling { from, at, again } => self.fall(id, from, at, again),
                Work::Resting { again, .. } if again.until <= self.out.now => Work::Rising { at: again.rise },
                Work::Resting { .. } => return,
            };
            let done = std::mem::discriminant(&work) != std::mem::discriminant(&next);
            self.set_work(id, next);
            match (done, next) {
                (true, Work::Steady) => return self.up(id),
                (true, Work::Resting { .. }) if self.is_ending(id) => return self.ended(id),
                (true, _) => {}
                (false, _) => return,
            }
        }
    }

    /// Starts the children in order, each when the one before is ready.
    fn rise(&mut self, id: ActorId, mut at: Seat) -> Work {
        while let Some((seat, member)) = self.members(id).and_then(|members| members.range(at..).next()) {
            let (seat, member) = (*seat, *member);
            match self.get(member).map(|child| (&child.life, child)) {
                Some((Life::Idle, child)) if !child.held => {
                    self.begin(member);
                    return Work::Rising { at: seat };
                }
                Some((Life::Starting { .. } | Life::Ending { .. }, _)) => return Work::Rising { at: seat },
                Some((Life::Waiting { .. }, child)) if !child.slow => return Work::Rising { at: seat },
                _ => at = seat + 1,
            }
        }
        Work::Steady
    }

    /// Stops the children in reverse order, each when the one after it is down.
    fn fall(&mut self, id: ActorId, from: Seat, mut at: Seat, again: Again) -> Work {
        let ending = self.is_ending(id);
        while let Some((seat, member)) = self.members(id).and_then(|members| members.range(from..at).next_back()) {
            let (seat, member) = (*seat, *member);
            match self.get(member).map(|child| (&child.life, child.wanted)) {
                Some((Life::Starting { .. } | Life::Running { .. }, _)) => {
                    self.part(member);
                    return Work::Falling { from, at: seat + 1, again };
                }
                Some((Life::Ending { .. }, _)) => return Work::Falling { from, at: seat + 1, again },
                // As in OTP, one that had ended normally is started with the others.
                Some((Life::Waiting { .. }, _)) => self.idle(member),
                Some((Life::Down, true)) if !ending => self.idle(member),
                _ => {}
            }
            at = seat;
        }
        Work::Resting { from, again }
    }

    /// A child of a running group failed and is started after the delay, with those that its failure affects.
    pub(super) fn start_again(&mut self, group: ActorId, id: ActorId, delay: Duration) {
        let until = self.out.now.saturating_add(delay);
        let Some(seat) = self.get(id).map(|child| child.seat) else { return };
        let one = self.get(group).and_then(Child::group).is_none_or(|policy| policy.strategy == Strategy::OneForOne);
        if one && !delay.is_zero() {
            self.with_group(group, |group| group.look_again(seat));
            self.wait(id, delay);
        } else if one {
            self.idle(id);
            self.wake(id);
        } else {
            self.idle(id);
            self.with_group(group, |group| group.regroup(seat, until));
        }
    }

    /// A significant child ended by itself: its group ends, if that was the first or the last, as its policy says.
    pub(super) fn auto_shutdown(&mut self, group: ActorId) {
        let Some(policy) = self.get(group).and_then(Child::group) else { return };
        let ends = match policy.auto_shutdown {
            AutoShutdown::Never => false,
            AutoShutdown::AnySignificant => true,
            AutoShutdown::AllSignificant => {
                let members = self.members(group).into_iter().flat_map(|members| members.values());
                !members.filter_map(|&member| self.get(member)).any(|child| {
                    child.policy.significant && !matches!(child.life, Life::Parked | Life::Down) && !child.held
                })
            }
        };
        if ends {
            self.close(group, ExitReason::Normal, Cause::Stop);
        }
    }

    fn work(&self, id: ActorId) -> Option<Work> {
        match &self.get(id)?.team.as_ref()?.sort {
            Sort::Group(group) => Some(group.work),
            Sort::Pool(_) => None,
        }
    }

    fn set_work(&mut self, id: ActorId, work: Work) {
        self.with_group(id, |group| group.work = work);
    }

    pub(super) fn with_group(&mut self, id: ActorId, change: impl FnOnce(&mut Group)) {
        self.change(id, |child, _| {
            if let Some(Sort::Group(group)) = child.team.as_mut().map(|team| &mut team.sort) {
                change(group);
            }
        });
    }
}
