//! A reload: process actors are replaced by fresh ones from the binary that is on disk now, one at a time, and all
//! of it is undone if one does not become ready.

use std::collections::VecDeque;
use std::path::Path;
use std::rc::Rc;
use std::thread::Builder;
use std::time::{Duration, Instant};

use super::binary::{Binary, Opened};
use super::group::Group;
use super::{Arbiter, Child, Place};
use crate::duration;
use crate::events::Change;
use crate::exit::ExitReason;
use crate::id::{ActorId, Kind, State};
use crate::supervise::{Event, Phase};

/// What is added to the times that a start, a stop and a pause may take.
const MARGIN: Duration = Duration::from_secs(5);

/// How long the binary may take to be opened: a file system may hang.
const OPENING: Duration = Duration::from_secs(5);

/// The longest that one replacement is waited for.
const MOST: Duration = Duration::from_secs(3600);

/// The binary is being opened, by a thread that nobody waits for.
#[derive(Default)]
pub(super) struct Opening {
    /// Whether the thread is still at it, waited for or not: there is one at most.
    running: bool,
    /// Until when the outcome is waited for, if it is.
    until: Option<Instant>,
    /// A reload was asked for again meanwhile.
    again: bool,
}

/// Under way.
pub(super) struct Reload {
    /// What they get, and what they had.
    new: Rc<Binary>,
    old: Rc<Binary>,
    /// Those that have yet to be looked at: the ones that run another are replaced, each in its turn.
    waiting: VecDeque<ActorId>,
    current: Option<ActorId>,
    /// When what has not come of that is not waited for any more.
    until: Instant,
    replaced: u32,
    /// Why it is being undone.
    refused: Option<String>,
    /// It was asked for again meanwhile.
    again: bool,
}

impl Arbiter {
    /// Begins to replace all process actors; once more, if that is under way.
    pub(super) fn reload(&mut self) {
        if self.ending.is_some() {
            return;
        }
        if let Some(reload) = &mut self.reload {
            reload.again = true;
            return;
        }
        if self.opening.until.is_some() {
            self.opening.again = true;
            return;
        }
        let Some(path) = self.path.clone() else { return self.not_opened("its path is not known".into()) };
        if self.opening.running {
            return self.not_opened(format!("{}: the last attempt to open it still hangs", path.display()));
        }
        let events = self.events.clone();
        let open = move || {
            let outcome = Opened::at(&path).map_err(|error| format!("{}: {error}", path.display()));
            let _ = events.send(super::Event::Opened(outcome));
        };
        match Builder::new().name("pulsar-open".into()).spawn(open) {
            Ok(_) => self.opening = Opening { running: true, until: Some(Instant::now() + OPENING), again: false },
            Err(error) => self.not_opened(format!("no thread to open it: {error}")),
        }
    }

    fn not_opened(&mut self, why: String) {
        self.opening.until = None;
        self.say(ActorId::ARBITER, Change::Reloaded { replaced: 0, refused: Some(why) });
        if std::mem::take(&mut self.opening.again) {
            self.reload();
        }
    }

    /// The binary is open, or cannot be.
    pub(super) fn opened(&mut self, outcome: Result<Opened, String>) {
        self.opening.running = false;
        // One that was given up comes late.
        if self.opening.until.take().is_none() || self.ending.is_some() {
            return;
        }
        let new = match outcome {
            Ok(opened) => Binary::new(opened),
            Err(why) => return self.not_opened(why),
        };
        self.say(ActorId::ARBITER, Change::Reloading);
        self.readiness.reloading();
        // What crashes meanwhile begins again with what it ran: the new binary has yet to prove itself.
        let old = self.binary.clone();
        let waiting = self.live_processes();
        self.reload = Some(Reload {
            new,
            old,
            waiting,
            current: None,
            until: Instant::now(),
            replaced: 0,
            refused: None,
            again: std::mem::take(&mut self.opening.again),
        });
        self.go_on_reloading();
    }

    fn live_processes(&self) -> VecDeque<ActorId> {
        let live = self.children.iter().filter(|(_, child)| matches!(child.place, Place::Process { .. }));
        live.map(|(&id, _)| id).collect()
    }

    /// Has everything run this binary when it is next started.
    fn run_binary(&mut self, binary: &Rc<Binary>) {
        self.binary = binary.clone();
        for group in self.groups.values_mut() {
            if let Some(pool) = group.pool_mut() {
                pool.binary = binary.clone();
            }
        }
        for child in self.children.values_mut().filter(|child| child.request.params.kind == Kind::Process) {
            child.binary = binary.clone();
        }
    }

    /// Goes on where it can: with the next, if the one before is done or will not be heard of again.
    pub(super) fn go_on_reloading(&mut self) {
        let Some(reload) = &mut self.reload else { return };
        if self.ending.is_some() {
            reload.waiting.clear();
            reload.again = false;
            return self.reloaded();
        }
        if let Some(id) = reload.current {
            let comes = |phase| matches!(phase, Phase::Starting | Phase::Running | Phase::Stopping);
            if self.machine.get(id).is_some_and(|child| comes(child.phase())) {
                return;
            }
            reload.current = None;
            // It is down, or waits, for another reason: it goes on with what it ran until all are through.
            if let Some(child) = self.children.get_mut(&id) {
                child.binary = child.runs.clone();
            }
        }
        let mut next = None;
        let target = if reload.refused.is_some() { reload.old.clone() } else { reload.new.clone() };
        let children = &self.children;
        reload.waiting.retain(|id| {
            let outdated = |child: &&Child| !Rc::ptr_eq(&child.runs, &target) && child.state.is_live();
            match children.get(id).filter(outdated).map(|child| child.state) {
                Some(State::Running) if next.is_none() => next = Some(*id),
                // In its turn; or it is still being started with the old one, and is replaced once it is ready.
                Some(State::Running | State::Starting) => return true,
                _ => {}
            }
            false
        });
        let Some((id, child)) = next.and_then(|id| Some((id, children.get(&id)?))) else {
            if reload.waiting.is_empty() {
                self.reloaded();
            }
            return;
        };
        let params = &child.request.params;
        let times = [params.start_timeout, params.shutdown, params.backoff.1, MARGIN];
        reload.until = Instant::now() + times.into_iter().fold(Duration::ZERO, Duration::saturating_add).min(MOST);
        reload.current = Some(id);
        let parent = child.parent;
        let pool = parent.and_then(|parent| self.groups.get_mut(&parent)).and_then(Group::pool_mut);
        let event = match pool {
            Some(pool) => {
                pool.binary = target;
                Event::Recycle { id }
            }
            None => {
                if let Some(child) = self.children.get_mut(&id) {
                    child.binary = target;
                }
                Event::Renew { id }
            }
        };
        self.decide(event);
    }

    /// A worker has been replaced, or is ready again as itself.
    pub(super) fn renewed(&mut self, id: ActorId) {
        if let Some(reload) = self.reload.as_mut().filter(|reload| reload.current == Some(id)) {
            reload.current = None;
            reload.replaced += 1;
        }
        self.go_on_reloading();
    }

    /// When to look after it next.
    pub(super) fn reload_time(&self) -> Option<Instant> {
        let replaced = self.reload.as_ref().filter(|reload| reload.current.is_some()).map(|reload| reload.until);
        self.opening.until.or(replaced)
    }

    /// Gives up what nothing has come of.
    pub(super) fn reload_tick(&mut self) {
        if self.opening.until.is_some_and(|until| until <= Instant::now()) {
            let path = self.path.as_deref().unwrap_or(Path::new("")).display();
            let why = format!("{path}: it could not be opened within {}", duration::show(OPENING));
            return self.not_opened(why);
        }
        let late = |reload: &&mut Reload| reload.until <= Instant::now();
        let Some(reload) = self.reload.as_mut().filter(late) else { return };
        if let Some(id) = reload.current.take() {
            self.refused(id, &ExitReason::StartFailed("nothing came of it in time".into()));
        }
    }

    /// What was to replace a worker did not become ready: everything goes back to what it ran before.
    pub(super) fn refused(&mut self, id: ActorId, reason: &ExitReason) {
        let label = self.label(id);
        let process = self.children.get(&id).is_some_and(|child| child.request.params.kind == Kind::Process);
        let Some(reload) = self.reload.as_mut().filter(|reload| process && reload.refused.is_none()) else { return };
        reload.refused = Some(format!("what was to replace {label} {reason}"));
        reload.current = None;
        let old = reload.old.clone();
        self.run_binary(&old);
        let live = self.live_processes();
        if let Some(reload) = &mut self.reload {
            reload.waiting = live;
        }
    }

    fn reloaded(&mut self) {
        let Some(reload) = self.reload.take() else { return };
        let Reload { replaced, refused, again, new, old, .. } = reload;
        let replaced = if refused.is_some() { 0 } else { replaced };
        self.run_binary(if refused.is_some() { &old } else { &new });
        self.say(ActorId::ARBITER, Change::Reloaded { replaced, refused });
        self.readiness.ready(self.census());
        if again {
            self.reload();
        }
    }
}
