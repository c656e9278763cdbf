//! The life of one child's incarnations, and its timers.
//!
//! Owns the transitions of a single child. Must not know of other children.

use std::sync::Arc;
use std::time::Duration;

use super::backoff::{HEALTHY_AFTER, Jitter, Ladder};
use super::budget::Budget;
use super::team::{Seat, Team};
use super::{Action, Child, Due, GiveUp, Policy, Recycle};
use crate::{ActorId, ExitReason};

/// What a child is doing, with the times that its timers run from.
#[derive(Clone, Debug)]
pub(super) enum Life {
    /// It comes up with its group, in its turn.
    Idle,
    Starting {
        since: Duration,
    },
    Running {
        since: Duration,
        heard: Duration,
        silent: Duration,
    },
    Ending {
        cause: Cause,
        since: Duration,
        step: Step,
        ready: Duration,
    },
    Waiting {
        until: Duration,
    },
    Parked,
    Down,
}

/// Why a living incarnation is made to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Stop,
    /// The next incarnation is to follow at once.
    Renew,
    Kill,
    /// It was not ready within this time.
    StartTimeout(Duration),
    Hang,
}

/// How far making it end has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Asked,
    Terminated,
    Killed,
}

/// What an end leads to, of a child that has not been ready yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trial {
    /// Its spawn fails: it is removed.
    Own,
    /// The start of its group or pool fails.
    Team,
    /// It was started on request, and is down again.
    Order,
    /// It has been ready: that is a failure like any other.
    Over,
}

/// How far a renewal has gone, apart from the end of the old incarnation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Renewal {
    None,
    /// The new incarnation is not ready yet.
    Starting,
}

/// What a worker of a pool may use until it is replaced: its own share of the pool's limits.
#[derive(Clone, Debug)]
pub(super) struct Quota(Recycle);

/// Where a child's doings go: what is to be done, at what time, and the jitter of its delays.
#[derive(Debug)]
pub(super) struct Out<'a> {
    pub(super) now: Duration,
    pub(super) actions: &'a mut Vec<Action>,
    pub(super) jitter: &'a mut Jitter,
}

impl Out<'_> {
    pub(super) fn say(&mut self, action: Action) {
        self.actions.push(action);
    }
}

impl Child {
    pub(super) fn new(
        id: ActorId,
        parent: Option<ActorId>,
        seat: Seat,
        policy: Arc<Policy>,
        team: Option<Team>,
    ) -> Self {
        Self {
            id,
            parent,
            seat,
            policy,
            incarnation: 0,
            life: Life::Idle,
            trial: Trial::Own,
            wanted: true,
            held: false,
            retiring: false,
            slow: false,
            due: None,
            renewal: Renewal::None,
            restarts: 0,
            ladder: Ladder::default(),
            budget: Budget::default(),
            last_exit: None,
            quota: None,
            team: team.map(Box::new),
        }
    }

    /// One that has begun and is ready.
    pub(super) fn running(id: ActorId, policy: Arc<Policy>, now: Duration) -> Self {
        let mut child = Self::new(id, None, 0, policy, None);
        child.incarnation = 1;
        child.life = Life::Starting { since: now };
        child.ready(now);
        child
    }

    /// Its next incarnation begins.
    pub(super) fn begin(&mut self, out: &mut Out<'_>) {
        self.incarnation = self.incarnation.saturating_add(1);
        self.life = Life::Starting { since: out.now };
        self.due = None;
        self.quota = None;
        match &mut self.team {
            Some(team) => team.begin(),
            None => out.say(Action::Start { id: self.id, incarnation: self.incarnation }),
        }
    }

    /// Its incarnation is ready. Whether that is news.
    pub(super) fn ready(&mut self, now: Duration) -> bool {
        let news = matches!(self.life, Life::Starting { .. });
        if news {
            self.trial = Trial::Over;
            self.renewal = Renewal::None;
            self.life = Life::Running { since: now, heard: now, silent: now };
        }
        news
    }

    pub(super) fn beat(&mut self, now: Duration) {
        if let Life::Running { heard, silent, .. } = &mut self.life {
            (*heard, *silent) = (now, now);
        }
    }

    /// Gives it the whole of its time again, without counting as a sign of life.
    pub(super) fn grace(&mut self, now: Duration) {
        match &mut self.life {
            Life::Starting { since: from } | Life::Running { silent: from, .. } if self.team.is_none() => *from = now,
            _ => {}
        }
    }

    /// Sets it limits of its own.
    pub(super) fn draw(&mut self, recycle: &Recycle, jitter: &mut Jitter) {
        if *recycle != Recycle::default() {
            self.quota = Some(Box::new(Quota(Recycle {
                messages: recycle.messages.map(|limit| jitter.share(limit)),
                age: recycle.age.map(|limit| {
                    let nanos = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
                    if nanos == u64::MAX { limit } else { Duration::from_nanos(jitter.share(nanos)) }
                }),
                memory: recycle.memory.map(|limit| jitter.share(limit)),
            })));
        }
    }

    /// Whether it has used up what it may.
    pub(super) fn usage(&mut self, messages: u64, memory: u64) -> bool {
        let (Life::Running { .. }, Some(quota)) = (&self.life, &self.quota) else { return false };
        let reached = |limit: Option<u64>, used: u64| limit.is_some_and(|limit| used >= limit);
        let due = if reached(quota.0.messages, messages) {
            Some(Due::Messages)
        } else {
            reached(quota.0.memory, memory).then_some(Due::Memory)
        };
        self.due = self.due.or(due);
        self.due.is_some()
    }

    /// When it has lived for as long as it may, if that is to come.
    pub(super) fn old_at(&self, since: Duration) -> Option<Duration> {
        let age = self.quota.as_ref().filter(|_| self.due.is_none())?.0.age?;
        Some(since.saturating_add(age))
    }

    /// Asks a worker to end, unless it is being made to.
    pub(super) fn ask(&mut self, cause: Cause, drain: bool, out: &mut Out<'_>) {
        if let Life::Starting { .. } | Life::Running { .. } = self.life {
            let (id, incarnation) = (self.id, self.incarnation);
            self.end(cause, out.now, Step::Asked);
            out.say(if drain { Action::Drain { id, incarnation } } else { Action::RequestStop { id, incarnation } });
        }
    }

    /// Kills a worker, unless that was done or nothing lives.
    pub(super) fn kill(&mut self, out: &mut Out<'_>) {
        match &mut self.life {
            Life::Starting { .. } | Life::Running { .. } => self.end(Cause::Kill, out.now, Step::Killed),
            Life::Ending { cause, step, .. } if *step != Step::Killed => {
                *step = Step::Killed;
                if let Cause::Stop | Cause::Renew = cause {
                    *cause = Cause::Kill;
                }
            }
            _ => return,
        }
        out.say(Action::Kill { id: self.id, incarnation: self.incarnation });
    }

    /// Forgets its failures.
    pub(super) fn forgive(&mut self) {
        self.restarts = 0;
        self.slow = false;
        self.ladder = Ladder::default();
        self.budget = Budget::default();
        if let Some(team) = &mut self.team {
            team.budget = Budget::default();
            team.restarts = 0;
        }
    }

    /// Does what is to be done to a living worker at its [deadline](Self::deadline). Whether it is due to be replaced.
    pub(super) fn expire(&mut self, out: &mut Out<'_>) -> bool {
        let (id, incarnation) = (self.id, self.incarnation);
        match &mut self.life {
            Life::Starting { .. } => {
                let limit = self.policy.start_timeout;
                self.end(Cause::StartTimeout(limit), out.now, Step::Killed);
                out.say(Action::Kill { id, incarnation });
            }
            Life::Running { silent, .. } if silent.saturating_add(self.policy.timeout) > out.now => {
                self.due = self.due.or(Some(Due::Age));
            }
            Life::Running { .. } => {
                self.end(Cause::Hang, out.now, Step::Asked);
                out.say(Action::Abort { id, incarnation });
            }
            Life::Ending { cause: Cause::Stop | Cause::Renew, step: step @ Step::Asked, .. } => {
                *step = Step::Terminated;
                out.say(Action::Terminate { id, incarnation });
            }
            Life::Ending { step, .. } => {
                *step = Step::Killed;
                out.say(Action::Kill { id, incarnation });
            }
            Life::Idle | Life::Waiting { .. } | Life::Parked | Life::Down => {}
        }
        self.due.is_some()
    }

    /// For how long the living incarnation was known to be well.
    pub(super) fn ready_for(&self, now: Duration) -> Duration {
        match self.life {
            Life::Running { since, .. } => now.saturating_sub(since),
            Life::Ending { ready, .. } => ready,
            _ => Duration::ZERO,
        }
    }

    /// Whether one more restart is within its own intensity. One that is tried slowly has none until it was well again.
    pub(super) fn spend(&mut self, ready: Duration, now: Duration) -> bool {
        if self.slow && self.policy.give_up == GiveUp::Retry && ready < HEALTHY_AFTER {
            return false;
        }
        if std::mem::take(&mut self.slow) {
            self.budget = Budget::default();
        }
        self.budget.spend(self.policy.intensity.as_ref(), now)
    }

    /// It ends from now on: a group or pool, for this reason. Whether that is news.
    pub(super) fn close(&mut self, verdict: ExitReason, cause: Cause, now: Duration) -> bool {
        let news = matches!(self.life, Life::Starting { .. } | Life::Running { .. });
        if let (true, Some(team)) = (news, &mut self.team) {
            team.close(verdict);
            self.beat(now);
            self.end(cause, now, Step::Asked);
        }
        news
    }

    fn end(&mut self, cause: Cause, now: Duration, step: Step) {
        let ready = match self.life {
            Life::Running { since, heard, .. } => heard.saturating_sub(since),
            _ => Duration::ZERO,
        };
        self.life = Life::Ending { cause, since: now, step, ready };
    }
}

/// The number of the signal that [`Action::Terminate`] sends, the same on every Unix.
pub(super) const SIGTERM: i32 = 15;
