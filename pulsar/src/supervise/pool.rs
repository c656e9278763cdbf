//! A pool: like workers, as many as are asked for, replaced one at a time with the successor first.
//!
//! Owns when a worker is hired, drained and replaced. Workers start and stop side by side.

use std::collections::VecDeque;
use std::time::Duration;

use super::life::{Cause, Life, Trial};
use super::team::{Seat, Sort};
use super::turn::Turn;
use super::{Action, Child, Due, PoolPolicy};
use crate::{ActorId, ExitReason};

#[derive(Clone, Debug)]
pub(super) struct Pool {
    pub(super) policy: PoolPolicy,
    /// What was asked for and has not come: in order, and whom each is to replace.
    pub(super) hires: VecDeque<Option<ActorId>>,
    /// The one replacement that is under way.
    pub(super) change: Option<Change>,
    /// After a successor that was no good: when to try the next.
    pub(super) pause: Option<Duration>,
}

/// A worker, and its successor once it has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    old: ActorId,
    new: Option<ActorId>,
    why: Due,
}

impl Pool {
    /// What was under way is void: the pool ends, or begins.
    pub(super) fn forget(&mut self) {
        self.hires.clear();
        self.change = None;
        self.pause = None;
    }
}

impl Turn<'_> {
    /// Hires, drains and replaces as far as it can be done now.
    pub(super) fn settle_pool(&mut self, id: ActorId) {
        let Some(child) = self.get(id) else { return };
        match child.life {
            Life::Starting { .. } | Life::Running { .. } if self.falls(child) => {}
            Life::Starting { .. } | Life::Running { .. } => {
                self.start_idle(id);
                self.fit(id);
                let Some(members) = self.members(id) else { return };
                let waited = members.values().filter_map(|&member| self.get(member));
                let ready = waited.filter(|child| !child.retiring).all(|child| child.trial == Trial::Over);
                let whole = |pool: &Pool| self.slots(id).len() >= pool.policy.workers as usize;
                if ready && self.pool(id).is_some_and(whole) {
                    self.up(id);
                }
                self.replace(id);
            }
            Life::Ending { .. } => {
                let Some(members) = self.members(id) else { return };
                if !members.values().filter_map(|&member| self.get(member)).any(Child::is_live) {
                    self.ended(id);
                }
            }
            _ => self.fit(id),
        }
    }

    fn start_idle(&mut self, id: ActorId) {
        for worker in self.workers(id) {
            if self.get(worker).is_some_and(|child| matches!(child.life, Life::Idle)) {
                self.begin(worker);
            }
        }
    }

    /// Makes it as many workers as it is to have: hires, or drains the youngest.
    fn fit(&mut self, id: ActorId) {
        let Some(pool) = self.pool(id) else { return };
        let wanted = pool.policy.workers as usize;
        let coming = pool.hires.iter().filter(|hire| hire.is_none()).count();
        let mut slots = self.slots(id);
        while slots.len() > wanted {
            if let Some(youngest) = slots.pop() {
                self.dismiss(id, youngest);
            }
        }
        if self.get(id).is_some_and(|pool| pool.is_live()) {
            for _ in slots.len() + coming..wanted {
                self.hire(id, None);
            }
        }
    }

    /// The workers that count: a successor does once the one that it replaces leaves.
    fn slots(&self, id: ActorId) -> Vec<ActorId> {
        let change = self.pool(id).and_then(|pool| pool.change);
        let mut slots = self.workers(id);
        slots.retain(|&worker| {
            let successor = change.is_some_and(|change| {
                change.new == Some(worker) && self.get(change.old).is_some_and(|old| !old.retiring)
            });
            !successor && self.get(worker).is_some_and(|child| !child.retiring)
        });
        slots
    }

    fn hire(&mut self, id: ActorId, replaces: Option<ActorId>) {
        self.with_pool(id, |pool| pool.hires.push_back(replaces));
        self.out.say(Action::Hire { pool: id, replaces });
    }

    /// A worker leaves for good.
    fn dismiss(&mut self, id: ActorId, worker: ActorId) {
        if let Some(change) = self.pool(id).and_then(|pool| pool.change) {
            if change.old == worker || change.new == Some(worker) {
                self.with_pool(id, |pool| pool.change = None);
            }
            if change.old == worker
                && let Some(new) = change.new
            {
                self.retire(new);
            }
        }
        self.retire(worker);
    }

    fn retire(&mut self, worker: ActorId) {
        if self.get(worker).is_some_and(Child::is_live) {
            self.change(worker, |child, out| {
                child.retiring = true;
                child.ask(Cause::Stop, true, out);
            });
        } else {
            self.remove(worker, ExitReason::Shutdown);
        }
    }

    /// Goes on with the replacement that is under way, or begins the next.
    fn replace(&mut self, id: ActorId) {
        let Some(pool) = self.pool(id) else { return };
        let life = |worker: ActorId| self.get(worker).map(|child| &child.life);
        match pool.change {
            Some(Change { old, new: Some(new), .. }) => {
                let ready = matches!(life(new), Some(Life::Running { .. }));
                if ready && self.get(old).is_some_and(|old| !old.retiring) {
                    self.retire(old);
                }
            }
            Some(Change { new: None, .. }) => {}
            None => {
                let running = self.get(id).is_some_and(|pool| matches!(pool.life, Life::Running { .. }));
                if !running || pool.pause.is_some() {
                    return;
                }
                let due = self.workers(id).into_iter().find_map(|worker| {
                    let child = self.get(worker).filter(|child| child.wanted && !child.retiring)?;
                    let why = child.due.filter(|_| matches!(child.life, Life::Running { .. }))?;
                    Some((worker, why))
                });
                if let Some((old, why)) = due {
                    self.with_pool(id, |pool| pool.change = Some(Change { old, new: None, why }));
                    self.hire(id, Some(old));
                }
            }
        }
    }

    /// A worker has come that was asked for. What its end before it is ready leads to; `None` where it has no place.
    pub(super) fn hired(&mut self, id: ActorId, worker: ActorId) -> Option<Trial> {
        let starting = match self.get(id)?.life {
            Life::Starting { .. } => true,
            Life::Running { .. } => false,
            _ => return None,
        };
        let (hire, change) = self.change(id, |child, _| {
            let Sort::Pool(pool) = &mut child.team.as_mut()?.sort else { return None };
            Some((pool.hires.pop_front(), pool.change))
        })??;
        match hire {
            Some(Some(old)) => {
                let change = change.filter(|change| change.old == old && change.new.is_none())?;
                self.with_pool(id, |pool| pool.change = Some(Change { new: Some(worker), ..change }));
                Some(Trial::Own)
            }
            Some(None) if self.slots(id).len() < self.pool(id)?.policy.workers as usize => {
                Some(if starting { Trial::Team } else { Trial::Over })
            }
            // It is not needed any more, or nobody asked for it.
            _ => None,
        }
    }

    /// A worker's incarnation ended.
    pub(super) fn over_in_pool(&mut self, id: ActorId, worker: ActorId, reason: ExitReason, ready: Duration) {
        let Some(child) = self.get(worker) else { return };
        let (retiring, wanted, trial, max) = (child.retiring, child.wanted, child.trial, child.policy.backoff.max);
        if self.falls(child) {
            let leaves = retiring || !wanted || trial == Trial::Own;
            return if leaves { self.remove(worker, reason) } else { self.idle(worker) };
        }
        match self.pool(id).and_then(|pool| pool.change) {
            Some(change) if change.old == worker => return self.succeed(id, change, reason),
            Some(Change { old, new, .. }) if new == Some(worker) && (trial == Trial::Own || !wanted) => {
                let until = self.out.now.saturating_add(max);
                self.with_pool(id, |pool| (pool.change, pool.pause) = (None, Some(until)));
                self.remove(worker, reason.clone());
                self.out.say(Action::Refused { id: old, reason });
                return;
            }
            _ => {}
        }
        if retiring || !wanted {
            return self.remove(worker, reason);
        }
        if trial == Trial::Team {
            self.idle(worker);
            let verdict = ExitReason::StartFailed(format!("child {worker} {reason}"));
            return self.close(id, verdict, Cause::Stop);
        }
        // Whatever its type, and however it ended: a pool has as many workers as it is to have.
        if let Some(delay) = self.failed(worker, Some(id), reason, ready) {
            self.wait(worker, delay);
        }
    }

    /// A worker is gone that was to be replaced: its successor has its place, or whoever is hired for it.
    fn succeed(&mut self, id: ActorId, change: Change, reason: ExitReason) {
        let Change { old, new, why } = change;
        let seat = self.get(old).map(|child| child.seat);
        self.remove(old, reason);
        self.with_pool(id, |pool| {
            pool.change = None;
            pool.hires.iter_mut().filter(|hire| **hire == Some(old)).for_each(|hire| *hire = None);
        });
        // The successor may have been stopped and removed meanwhile.
        let (Some(new), Some(seat)) = (new.filter(|&new| self.get(new).is_some()), seat) else { return };
        self.sit(id, new, seat);
        self.out.say(Action::Replaced { old, new, why });
    }

    /// The successor takes the place of the one it replaced, and is a worker like any other.
    fn sit(&mut self, id: ActorId, worker: ActorId, seat: Seat) {
        let Some(before) = self.change(worker, |child, _| {
            child.trial = Trial::Over;
            std::mem::replace(&mut child.seat, seat)
        }) else {
            return;
        };
        self.change(id, |pool, _| {
            let members = &mut pool.team.as_mut()?.members;
            members.remove(&before);
            members.insert(seat, worker)
        });
    }

    /// A pool ends: all its workers are asked to, at once.
    pub(super) fn disband(&mut self, id: ActorId) {
        if self.pool(id).is_none() {
            return;
        }
        for worker in self.workers(id) {
            if self.get(worker).is_some_and(Child::is_live) {
                self.part(worker);
            } else {
                self.idle(worker);
            }
        }
    }

    fn workers(&self, id: ActorId) -> Vec<ActorId> {
        self.members(id).into_iter().flat_map(|members| members.values().copied()).collect()
    }

    pub(super) fn pool(&self, id: ActorId) -> Option<&Pool> {
        match &self.get(id)?.team.as_ref()?.sort {
            Sort::Group(_) => None,
            Sort::Pool(pool) => Some(pool),
        }
    }

    pub(super) fn with_pool(&mut self, id: ActorId, change: impl FnOnce(&mut Pool)) {
        self.change(id, |child, _| {
            if let Some(Sort::Pool(pool)) = child.team.as_mut().map(|team| &mut team.sort) {
                change(pool);
            }
        });
    }
}
