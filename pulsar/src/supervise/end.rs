//! What the end of a child leads to.
//!
//! Owns the rules: who is started again, who is not, and who gives up. In which order a group does it is `group`'s.

use std::time::Duration;

use super::life::{Cause, Life, Renewal, Trial};
use super::team::Sort;
use super::turn::Turn;
use super::{Action, Child, GiveUp};
use crate::{ActorId, ExitReason, Incarnation};

impl Turn<'_> {
    /// A worker's incarnation ended.
    pub(super) fn exited(&mut self, id: ActorId, incarnation: Incarnation, reason: ExitReason) {
        let Some(child) = self.worker(id, incarnation) else { return };
        let reason = child.judge(reason);
        if !self.renewed(id, &reason) {
            self.over(id, reason);
        }
    }

    /// The worker, if this incarnation of it lives.
    pub(super) fn worker(&self, id: ActorId, incarnation: Incarnation) -> Option<&Child> {
        self.get(id).filter(|child| child.team.is_none() && child.is_live() && child.incarnation == incarnation)
    }

    /// All children of a group or pool that was to end are down.
    pub(super) fn ended(&mut self, id: ActorId) {
        let Some(members) = self.members(id) else { return };
        for member in members.values().copied().rev().collect::<Vec<_>>() {
            // Someone waits to hear that they are ready, and nobody would say it.
            if self.get(member).is_some_and(|child| child.trial == Trial::Own) {
                self.remove(member, ExitReason::StartFailed("its supervisor ended before".into()));
            }
        }
        let Some(verdict) = self.get(id).and_then(|child| child.team.as_ref()).map(|team| team.verdict.clone()) else {
            return;
        };
        self.over(id, verdict);
    }

    /// An incarnation that was renewed, or was to be well after a renewal, is followed by the next, uncounted.
    fn renewed(&mut self, id: ActorId, reason: &ExitReason) -> bool {
        let Some(child) = self.get(id).filter(|child| child.wanted && !self.falls(child)) else { return false };
        let drained = matches!(child.life, Life::Ending { cause: Cause::Renew, .. });
        let refused = child.renewal == Renewal::Starting;
        if !drained && !refused {
            return false;
        }
        if refused {
            self.out.say(Action::Refused { id, reason: reason.clone() });
        }
        let reason = reason.clone();
        self.change(id, |child, out| {
            child.last_exit = Some(Box::new(reason));
            child.renewal = if drained { Renewal::Starting } else { Renewal::None };
            child.begin(out);
        });
        true
    }

    /// A child ended: a worker's incarnation, or a group or pool with all its children.
    fn over(&mut self, id: ActorId, reason: ExitReason) {
        let now = self.out.now;
        let Some((parent, ready)) = self.change(id, |child, _| {
            child.last_exit = Some(Box::new(reason.clone()));
            child.renewal = Renewal::None;
            (child.parent, child.ready_for(now))
        }) else {
            return;
        };
        match parent {
            None => self.over_alone(id, reason, ready),
            Some(parent) => {
                match self.get(parent).and_then(|parent| parent.team.as_ref()).map(|team| &team.sort) {
                    Some(Sort::Pool(_)) => self.over_in_pool(parent, id, reason, ready),
                    _ => self.over_in_group(parent, id, reason, ready),
                }
                self.touch(Some(parent));
            }
        }
    }

    fn over_alone(&mut self, id: ActorId, reason: ExitReason, ready: Duration) {
        let Some(child) = self.get(id) else { return };
        if !child.wanted || child.trial != Trial::Over && child.team.is_none() {
            return self.remove(id, reason);
        }
        if child.team.is_some() {
            // Nobody is above it to judge it.
            return match &reason {
                ExitReason::GaveUp { .. } if child.policy.give_up == GiveUp::Park => self.park(id, reason),
                _ => self.remove(id, reason),
            };
        }
        if !child.policy.restart.follows(&reason) {
            return self.remove(id, reason);
        }
        if let Some(delay) = self.failed(id, None, reason, ready) {
            self.wait(id, delay);
        }
    }

    fn over_in_group(&mut self, group: ActorId, id: ActorId, reason: ExitReason, ready: Duration) {
        let Some(child) = self.get(id) else { return };
        if !child.wanted {
            return self.rest(id, reason);
        }
        if self.falls(child) {
            return self.lie(id, reason);
        }
        match child.trial {
            Trial::Own => return self.remove(id, reason),
            Trial::Team => {
                let verdict = ExitReason::StartFailed(format!("child {id} {reason}"));
                self.lie(id, reason);
                return self.close(group, verdict, Cause::Stop);
            }
            Trial::Order => return self.rest_on_request(id, reason),
            Trial::Over => {}
        }
        if matches!(reason, ExitReason::Shutdown | ExitReason::OwnerEnded) {
            return self.rest_on_request(id, reason);
        }
        if !child.policy.restart.follows(&reason) {
            let significant = child.policy.significant;
            self.rest(id, reason);
            if significant {
                self.auto_shutdown(group);
            }
            return;
        }
        let payer = Some(group).filter(|_| child.policy.give_up == GiveUp::Escalate);
        if let Some(delay) = self.failed(id, payer, reason, ready) {
            self.start_again(group, id, delay);
        }
    }

    /// A child of a group that ends, or starts it again with others, is down.
    fn lie(&mut self, id: ActorId, reason: ExitReason) {
        if self.get(id).is_some_and(|child| child.is_temporary() || child.trial == Trial::Own) {
            self.remove(id, reason);
        } else {
            self.idle(id);
        }
    }

    fn rest_on_request(&mut self, id: ActorId, reason: ExitReason) {
        self.change(id, |child, _| child.wanted = false);
        self.rest(id, reason);
    }

    /// Whether the child is to go down in its turn: its group or pool ends, or stops it to start it again, or one above does.
    pub(super) fn falls(&self, child: &Child) -> bool {
        let mut child = child;
        while let Some(parent) = child.parent.and_then(|parent| self.get(parent)) {
            let falls = match parent.team.as_ref().map(|team| &team.sort) {
                Some(Sort::Group(group)) => group.work.falls(child.seat),
                _ => matches!(parent.life, Life::Ending { .. }),
            };
            if falls {
                return true;
            }
            child = parent;
        }
        false
    }

    /// A child that is to be started again failed. The delay, unless someone gives up: it, or `payer`, whose restarts it shares.
    pub(super) fn failed(
        &mut self,
        id: ActorId,
        payer: Option<ActorId>,
        reason: ExitReason,
        ready: Duration,
    ) -> Option<Duration> {
        let paid = match payer {
            Some(payer) => self.change(payer, |payer, out| payer.team.as_mut().is_none_or(|team| team.spend(out.now))),
            None => self.change(id, |child, out| child.spend(ready, out.now)),
        }?;
        let give_up = self.get(id)?.policy.give_up;
        if !paid && let Some(payer) = payer {
            self.idle(id);
            self.gave_up(payer, reason);
            return None;
        }
        if !paid && give_up != GiveUp::Retry {
            self.park(id, reason);
            return None;
        }
        let parent = self.parent(id);
        let action = self.change(id, |child, out| {
            child.slow |= !paid;
            let backoff = child.policy.backoff;
            let delay =
                if paid { child.ladder.climb(&backoff, ready, out.jitter) } else { out.jitter.spread(backoff.max) };
            child.restarts = child.restarts.saturating_add(1);
            let (incarnation, restarts) = (child.incarnation, child.restarts);
            out.say(Action::Restarting { id, incarnation, reason, delay, restarts });
            delay
        });
        if let Some(parent) = parent {
            self.change(parent, |parent, _| {
                let restarts = &mut parent.team.as_mut()?.restarts;
                *restarts = restarts.saturating_add(1);
                Some(())
            });
        }
        action
    }

    /// The restarts of a group's or pool's children are spent.
    fn gave_up(&mut self, id: ActorId, last: ExitReason) {
        let restarts = self.get(id).and_then(|child| child.team.as_ref()).map_or(0, |team| team.restarts);
        self.out.say(Action::GaveUp { id, restarts, reason: last.clone() });
        self.close(id, ExitReason::GaveUp { restarts, last: Box::new(last) }, Cause::Stop);
    }
}
