//! What people ask for: stop, kill, reset, restart, delete, launch, scale, replace and renew.
//!
//! Owns what each order means to a child in each phase. What follows from it is decided elsewhere.

use super::Due;
use super::life::{Cause, Life, Trial};
use super::turn::Turn;
use crate::{ActorId, ExitReason};

impl Turn<'_> {
    pub(super) fn stop(&mut self, id: ActorId) {
        let Some((live, team)) = self.unwant(id) else { return };
        if !live {
            self.rest_at_once(id);
        } else if team {
            self.close(id, ExitReason::Shutdown, Cause::Stop);
        } else {
            self.change(id, |child, out| child.ask(Cause::Stop, false, out));
        }
    }

    pub(super) fn kill(&mut self, id: ActorId) {
        let Some((live, _)) = self.unwant(id) else { return };
        if !live {
            return self.rest_at_once(id);
        }
        for id in self.under(id).into_iter().rev() {
            if self.get(id).is_some_and(|child| child.team.is_some()) {
                self.close(id, ExitReason::Shutdown, Cause::Kill);
            } else {
                self.change(id, |child, out| child.kill(out));
            }
        }
    }

    /// It is not to be started again. Whether it lives, and whether it is a group or a pool.
    fn unwant(&mut self, id: ActorId) -> Option<(bool, bool)> {
        self.change(id, |child, _| {
            child.wanted = false;
            (child.is_live(), child.team.is_some())
        })
    }

    /// Nothing lives in it that would have to end before.
    fn rest_at_once(&mut self, id: ActorId) {
        let parent = self.parent(id);
        if self.get(id).is_some_and(|child| !matches!(child.life, Life::Down)) {
            self.rest(id, ExitReason::Shutdown);
        }
        self.touch(parent);
    }

    pub(super) fn reset(&mut self, id: ActorId) {
        for id in self.under(id).into_iter().skip(1) {
            if self.get(id).is_some_and(|child| matches!(child.life, Life::Parked)) {
                self.change(id, |child, _| child.forgive());
                self.wake(id);
            }
        }
        self.change(id, |child, _| child.forgive());
        let Some(child) = self.get(id) else { return };
        match child.life {
            Life::Waiting { .. } | Life::Parked => self.wake(id),
            Life::Idle if self.falls(child) => {
                if let Some(parent) = child.parent {
                    self.with_group(parent, |group| group.hurry());
                    self.touch(Some(parent));
                }
            }
            _ => {
                self.with_pool(id, |pool| pool.pause = None);
                self.touch(Some(id));
            }
        }
    }

    pub(super) fn restart(&mut self, id: ActorId) {
        if self.get(id).is_some_and(|child| matches!(child.life, Life::Down)) {
            self.change(id, |child, _| {
                child.forgive();
                child.wanted = true;
                child.trial = Trial::Order;
            });
            self.wake(id);
        }
    }

    pub(super) fn delete(&mut self, id: ActorId) {
        let Some(child) = self.get(id).filter(|child| matches!(child.life, Life::Down | Life::Parked)) else { return };
        let reason = child.last_exit().cloned().unwrap_or(ExitReason::Shutdown);
        self.remove(id, reason);
    }

    pub(super) fn launch(&mut self, id: ActorId) {
        if let Some(true) = self.change(id, |child, _| std::mem::take(&mut child.held)) {
            self.wake(id);
        }
    }

    pub(super) fn scale(&mut self, id: ActorId, workers: u32) {
        self.with_pool(id, |pool| pool.policy.workers = workers.max(1));
        self.touch(Some(id));
    }

    pub(super) fn recycle(&mut self, id: ActorId) {
        let pool = self.parent(id).filter(|&pool| self.pool(pool).is_some());
        if pool.is_some() {
            self.change(id, |child, _| {
                if let (Life::Running { .. }, None) = (&child.life, child.due) {
                    child.due = Some(Due::Reload);
                }
            });
            // Whoever asks for it does not wait for what was no good before.
            if let Some(pool) = pool {
                self.with_pool(pool, |pool| pool.pause = None);
            }
            self.touch(pool);
        }
    }

    pub(super) fn renew(&mut self, id: ActorId) {
        let Some(child) = self.get(id) else { return };
        if child.team.is_some() || !matches!(child.life, Life::Running { .. }) {
            return;
        }
        let (parent, seat) = (child.parent, child.seat);
        match parent {
            Some(pool) if self.pool(pool).is_some() => return self.recycle(id),
            Some(group) => self.with_group(group, |group| group.look_again(seat)),
            None => {}
        }
        self.change(id, |child, out| child.ask(Cause::Renew, true, out));
    }
}
