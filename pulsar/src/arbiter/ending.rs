//! The end of the program: `main`'s body first, then every actor, under one deadline.

use std::time::{Duration, Instant};

use tracing::Level;

use super::verbs::end_main;
use super::{Arbiter, Place};
use crate::id::ActorId;
use crate::plural::count;
use crate::supervise;

/// How long the body of `main` may take to be dropped before the actors are told all the same.
const MAIN_FIRST: Duration = Duration::from_millis(500);

/// How long the body of `main` may take altogether.
const MAIN_SHUTDOWN: Duration = Duration::from_secs(5);

/// How long a fast end may take.
const FAST: Duration = Duration::from_secs(1);

/// What is added to the longest `shutdown` of all.
const MARGIN: Duration = Duration::from_secs(1);

/// The end of time, as far as a shutdown goes: ten years.
const FAR: Duration = Duration::from_secs(10 * 365 * 86_400);

/// The program is ending.
pub(super) struct Ending {
    pub(super) code: u8,
    fast: bool,
    began: Instant,
    main_ended: bool,
    /// Whether the actors have been told.
    told: bool,
    forced: bool,
    /// Everything is killed then.
    deadline: Instant,
    /// How many signals asked for it: the second forces it, the third waits for nothing.
    pub(super) signals: u32,
}

impl Ending {
    pub(super) fn next_time(&self) -> Option<Instant> {
        if self.forced {
            return Some(self.deadline + FAST);
        }
        Some(if self.told { self.deadline } else { self.began + MAIN_FIRST })
    }
}

impl Arbiter {
    /// Begins to end the program. The first exit code stands, unless a signal hurries.
    pub(super) fn begin_end(&mut self, code: u8, fast: bool) {
        if let Some(ending) = &mut self.ending {
            if fast && !ending.fast {
                ending.fast = true;
                ending.code = code;
                ending.deadline = ending.deadline.min(Instant::now() + FAST);
            }
            return;
        }
        let began = Instant::now();
        let longest = self.roots().map(|root| self.time_to_stop(root)).max().unwrap_or_default();
        let deadline = began + if fast { FAST } else { longest.clamp(MAIN_SHUTDOWN, FAR) + MARGIN };
        self.ending =
            Some(Ending { code, fast, began, main_ended: false, told: false, forced: false, deadline, signals: 0 });
        self.forks.end();
        let within = deadline.saturating_duration_since(began);
        self.readiness.stopping(within, self.census());
        end_main(&self.main);
    }

    pub(super) fn main_ended(&mut self, code: u8) {
        self.begin_end(code, false);
        if let Some(ending) = &mut self.ending {
            ending.main_ended = true;
        }
        self.tell_actors();
    }

    /// Stops the actors, the youngest first.
    fn tell_actors(&mut self) {
        let Some(ending) = self.ending.as_mut().filter(|ending| !ending.told) else { return };
        ending.told = true;
        for id in self.youngest_first() {
            self.decide(supervise::Event::Stop { id });
        }
    }

    fn youngest_first(&self) -> Vec<ActorId> {
        let mut ids: Vec<_> = self.roots().collect();
        ids.sort_unstable_by(|a, b| b.cmp(a));
        ids
    }

    /// How long it may take to stop: of a supervisor's children one after the other, of a pool's all at once.
    fn time_to_stop(&self, id: ActorId) -> Duration {
        if let Some(child) = self.children.get(&id) {
            return child.request.params.shutdown.min(FAR);
        }
        let below = self.machine.get(id).map(|node| node.members().collect::<Vec<_>>()).unwrap_or_default();
        let each = below.into_iter().map(|child| self.time_to_stop(child));
        if self.groups.get(&id).is_some_and(|group| group.pool().is_some()) {
            each.max().unwrap_or_default()
        } else {
            each.fold(Duration::ZERO, Duration::saturating_add)
        }
    }

    pub(super) fn ending_tick(&mut self) {
        let Some(ending) = &self.ending else { return };
        let now = Instant::now();
        if !ending.told && now >= ending.began + MAIN_FIRST {
            self.tell_actors();
        }
        if self.ending.as_ref().is_some_and(|ending| ending.told && !ending.forced && now >= ending.deadline) {
            self.force();
        }
    }

    /// Kills whatever is left.
    pub(super) fn force(&mut self) {
        let Some(ending) = &mut self.ending else { return };
        ending.told = true;
        ending.forced = true;
        ending.deadline = Instant::now();
        if !self.children.is_empty() {
            self.log.say(Level::WARN, format!("killing {}, not stopped in time", count(self.children.len(), "actor")));
        }
        for id in self.youngest_first() {
            self.decide(supervise::Event::Kill { id });
        }
    }

    /// The exit code, once there is nothing left to end.
    pub(super) fn finished(&self) -> Option<u8> {
        let ending = self.ending.as_ref()?;
        let now = Instant::now();
        let over = ending.signals > 2 || ending.forced && now >= ending.deadline + FAST;
        // A thread that does not come back goes with the process.
        let threads_only =
            ending.forced && self.children.values().all(|child| !matches!(child.place, Place::Process { .. }));
        let main_over = ending.main_ended || now >= ending.began + if ending.fast { FAST } else { MAIN_SHUTDOWN };
        let done = ending.told && self.children.is_empty() && self.groups.is_empty() && main_over;
        (done || over || threads_only).then_some(ending.code)
    }
}
