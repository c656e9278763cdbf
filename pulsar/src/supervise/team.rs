//! What a group and a pool have in common: children in order, a budget, an end of their own.
//!
//! Owns the state of both. What they do with it is decided in `group` and `pool`.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::budget::Budget;
use super::group::{Group, Work};
use super::pool::Pool;
use super::{GroupPolicy, PoolPolicy};
use crate::{ActorId, ExitReason};

/// The place of a child among its siblings. One that was taken is not given again.
pub(super) type Seat = u64;

#[derive(Clone, Debug)]
pub(super) struct Team {
    pub(super) members: BTreeMap<Seat, ActorId>,
    next_seat: Seat,
    /// The restarts of late that are counted against its intensity.
    pub(super) budget: Budget,
    /// All restarts of its children since it came up.
    pub(super) restarts: u32,
    /// Why it ends, once it does.
    pub(super) verdict: ExitReason,
    pub(super) sort: Sort,
}

#[derive(Clone, Debug)]
pub(super) enum Sort {
    Group(Group),
    Pool(Pool),
}

impl Team {
    fn new(sort: Sort) -> Self {
        Self {
            members: BTreeMap::new(),
            next_seat: 0,
            budget: Budget::default(),
            restarts: 0,
            verdict: ExitReason::Shutdown,
            sort,
        }
    }

    pub(super) fn group(policy: GroupPolicy) -> Self {
        Self::new(Sort::Group(Group { policy, work: Work::Steady }))
    }

    pub(super) fn pool(mut policy: PoolPolicy) -> Self {
        policy.workers = policy.workers.max(1);
        Self::new(Sort::Pool(Pool { policy, hires: VecDeque::new(), change: None, pause: None }))
    }

    /// Gives a child the last place.
    pub(super) fn seat(&mut self, id: ActorId) -> Seat {
        let seat = self.next_seat;
        self.next_seat += 1;
        self.members.insert(seat, id);
        seat
    }

    /// It comes up from its first child, afresh.
    pub(super) fn begin(&mut self) {
        self.budget = Budget::default();
        self.restarts = 0;
        match &mut self.sort {
            Sort::Group(group) => group.work = Work::Rising { at: 0 },
            Sort::Pool(pool) => pool.forget(),
        }
    }

    /// It ends for this reason, once all its children have.
    pub(super) fn close(&mut self, verdict: ExitReason) {
        self.verdict = verdict;
        match &mut self.sort {
            Sort::Group(group) => group.work = Work::all_down(),
            Sort::Pool(pool) => pool.forget(),
        }
    }

    /// Whether one more restart of a child is within its intensity; it is counted if so.
    pub(super) fn spend(&mut self, now: Duration) -> bool {
        match &self.sort {
            Sort::Group(group) => self.budget.spend(group.policy.intensity.as_ref(), now),
            Sort::Pool(pool) => self.budget.spend(Some(&pool.policy.limit()), now),
        }
    }

    /// Whether the child at this place may start now, while it is up or comes up; else it has to take its turn.
    pub(super) fn starts(&self, seat: Seat) -> bool {
        match &self.sort {
            Sort::Group(Group { work: Work::Rising { .. }, .. }) => false,
            Sort::Group(group) => !group.work.falls(seat),
            Sort::Pool(_) => true,
        }
    }

    /// When it has something to do by itself.
    pub(super) fn deadline(&self) -> Option<Duration> {
        let at = match &self.sort {
            Sort::Group(group) => group.rests_until(),
            Sort::Pool(pool) => pool.pause,
        };
        at.filter(|&at| at != Duration::MAX)
    }
}
