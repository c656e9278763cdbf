//! What the state machine's judgements mean for whoever waits: routes, answers, and the word to the world.

use std::collections::VecDeque;
use std::time::Instant;

use super::Arbiter;
use super::group::Group;
use crate::address::Route;
use crate::command::{Internal, Verb};
use crate::error::SpawnError;
use crate::events::Change;
use crate::exit::ExitReason;
use crate::id::{ActorId, Incarnation, State};
use crate::link::announce;
use crate::message::{Header, Subject};
use crate::node::node;
use crate::reply::Reply;
use crate::runner::send_answer;
use crate::supervise::{Action, Event};

/// How many of those that are gone are remembered, for whoever asks why.
const REMEMBERED: usize = 1024;

/// Who is gone, and why.
#[derive(Default)]
pub(super) struct Departed(VecDeque<(ActorId, String, ExitReason)>);

impl Departed {
    fn add(&mut self, id: ActorId, label: String, reason: ExitReason) {
        self.0.push_back((id, label, reason));
        if self.0.len() > REMEMBERED {
            self.0.pop_front();
        }
    }

    fn reason(&self, id: ActorId) -> Option<&ExitReason> {
        self.0.iter().rev().find(|(known, ..)| *known == id).map(|(.., reason)| reason)
    }

    fn label(&self, id: ActorId) -> Option<&str> {
        self.0.iter().rev().find(|(known, ..)| *known == id).map(|(_, label, _)| label.as_str())
    }
}

impl Arbiter {
    /// Performs what is not done to an incarnation.
    pub(super) fn conclude(&mut self, action: Action) {
        match action {
            Action::Restarting { id, incarnation, reason, delay, restarts } => {
                let reason = self.worded(reason);
                self.say(id, Change::Restarting { reason, delay, restarts });
                self.waits(id, incarnation);
            }
            Action::Parked { id, reason, restarts } => self.parked(id, reason, restarts),
            Action::Down { id, reason } => self.down(id, reason),
            Action::Removed { id, reason } => self.removed(id, reason),
            Action::Hire { pool, replaces } => self.hire(pool, replaces),
            Action::Up { id } => self.up(id),
            Action::GaveUp { id, restarts, reason } => {
                let reason = self.worded(reason);
                self.say(id, Change::GaveUp { reason: reason.clone(), restarts });
                self.note_failure(id, "one of its children", &reason);
            }
            Action::Replaced { old, new, why } => {
                let label = self.departed.label(old).map_or_else(|| old.to_string(), Into::into);
                self.say_of(label, old, 1, Change::Replaced { by: new, name: self.label(new), why });
                self.renewed(old);
            }
            Action::Refused { id, reason } => {
                if let Some(pool) = self.pool_of(id) {
                    pool.successors.remove(&id);
                }
                self.say(id, Change::Refused { reason: reason.clone() });
                self.refused(id, &reason);
            }
            // Done to an incarnation: not here.
            _ => {}
        }
    }

    /// A reason that names a child by its id, as the machine does, with its name instead.
    fn worded(&self, reason: ExitReason) -> ExitReason {
        match &reason {
            ExitReason::StartFailed(text) => match text.strip_prefix("child ").and_then(|rest| rest.split_once(' ')) {
                Some((id, rest)) => match id.parse() {
                    Ok(id) => ExitReason::StartFailed(format!("child {} {rest}", self.label(id))),
                    Err(_) => reason,
                },
                None => reason,
            },
            _ => reason,
        }
    }

    /// An incarnation ended, and the next is still to come.
    fn waits(&mut self, id: ActorId, _: Incarnation) {
        if let Some(child) = self.children.get_mut(&id) {
            child.state = State::Initial;
            announce(&child.address);
        } else if let Some(group) = self.groups.get_mut(&id) {
            group.state = State::Initial;
        }
    }

    fn up(&mut self, id: ActorId) {
        let Some(group) = self.groups.get_mut(&id) else { return };
        group.state = State::Running;
        group.up = Some(Instant::now());
        group.failed = None;
        let root = group.parent.is_none();
        if let Some(asked) = group.spawned.take() {
            asked.ready(id);
        }
        self.say(id, Change::Ready);
        if root {
            self.readiness.ready(self.census());
        }
    }

    fn parked(&mut self, id: ActorId, reason: ExitReason, restarts: u32) {
        let gave_up = Route::Gone(ExitReason::GaveUp { restarts, last: Box::new(reason.clone()) });
        if let Some(child) = self.children.get_mut(&id) {
            child.state = State::Parked;
            child.address.set_route(gave_up);
            announce(&child.address);
        } else if let Some(group) = self.groups.get_mut(&id) {
            group.state = State::Parked;
            if group.spawned.is_some() {
                // It was never up, and nobody has a proxy that could reset it.
                self.later.push_back(Event::Delete { id });
            }
            if group.pool().is_some() {
                group.address.set_route(gave_up);
                announce(&group.address);
            }
        }
        self.say(id, Change::Parked { reason, restarts });
    }

    /// It is kept, and not started again by itself.
    fn down(&mut self, id: ActorId, reason: ExitReason) {
        let reason = self.worded(reason);
        let (state, answered) = (State::Closed, &Ok::<_, ()>(()));
        let spawned;
        let stopped = if let Some(child) = self.children.get_mut(&id) {
            spawned = child.spawned.take();
            child.state = state;
            child.address.set_route(Route::Gone(reason.clone()));
            announce(&child.address);
            std::mem::take(&mut child.stopped)
        } else if let Some(group) = self.groups.get_mut(&id) {
            spawned = group.spawned.take();
            group.state = state;
            if group.pool().is_some() {
                group.address.set_route(Route::Gone(reason.clone()));
                announce(&group.address);
            }
            std::mem::take(&mut group.stopped)
        } else {
            return;
        };
        if let Some(asked) = spawned {
            asked.failed(SpawnError::Failed { reason: reason.clone() });
        }
        stopped.into_iter().for_each(|reply| send_answer(reply, answered));
        self.say(id, Change::Stopped { reason });
    }

    fn removed(&mut self, id: ActorId, reason: ExitReason) {
        let reason = self.worded(reason);
        self.say(id, Change::Gone { reason: reason.clone() });
        self.departed.add(id, self.label(id), reason.clone());
        let (address, spawned, failed, stopped, awaited) = if let Some(child) = self.children.remove(&id) {
            if let Some(pool) = child.parent {
                self.leaves_pool(pool, id);
            }
            (child.address, child.spawned, None, child.stopped, child.awaited)
        } else if let Some(group) = self.groups.remove(&id) {
            (group.address, group.spawned, group.failed, group.stopped, group.awaited)
        } else {
            return;
        };
        if let Some(node) = node() {
            node.remove(id, reason.clone());
        }
        announce(&address);
        if let Some(asked) = spawned {
            // Where it was stopped on its way up, what ended with it is not why.
            asked.failed(match (failed.filter(|_| !reason.is_normal()), &reason) {
                (Some((name, reason)), _) => SpawnError::Child { name, reason },
                (None, ExitReason::Schema(text)) => SpawnError::Schema(text.clone()),
                (None, _) => SpawnError::Failed { reason: reason.clone() },
            });
        }
        stopped.into_iter().for_each(|reply| send_answer(reply, &Ok::<_, ()>(())));
        awaited.into_iter().for_each(|reply| send_answer(reply, &Ok::<_, ()>(reason.clone())));
    }

    /// Tells when something is gone, and why.
    pub(super) fn await_end(&mut self, id: ActorId, reply: Reply) {
        let known = match (self.children.get_mut(&id), self.groups.get_mut(&id)) {
            (Some(child), _) => Some(&mut child.awaited),
            (None, Some(group)) => Some(&mut group.awaited),
            (None, None) => None,
        };
        match known {
            Some(awaited) => {
                // Only now and then: there may be many.
                if awaited.len().is_power_of_two() {
                    awaited.retain(|reply| !reply.gone());
                }
                awaited.push(reply);
            }
            None => send_answer(reply, &Ok::<_, ()>(self.departed.reason(id).unwrap_or(&ExitReason::Unknown))),
        }
    }

    /// Of what is wanted as a whole, the first child that does not become ready is what is told of.
    pub(super) fn note_failure(&mut self, id: ActorId, name: &str, reason: &ExitReason) {
        let mut above = self.parent(id);
        while let Some(group) = above.and_then(|above| self.groups.get_mut(&above)) {
            if group.spawned.is_some() && group.failed.is_none() {
                group.failed = Some((name.to_string(), reason.clone()));
            }
            above = group.parent;
        }
    }

    /// Sends a worker nothing more, and has it end when it has done what it accepted.
    pub(super) fn drain(&mut self, id: ActorId, incarnation: Incarnation) {
        let Some(child) = self.children.get_mut(&id) else { return };
        child.state = State::Stopping;
        if let Some(pool) = child.parent {
            self.leaves_pool(pool, id);
        }
        let Some(child) = self.children.get(&id) else { return };
        let verb = Verb::Internal(Internal::Drain);
        match &child.place {
            super::Place::Thread(lane) | super::Place::Task(lane, _) => lane.say(verb),
            super::Place::Process { link, .. } => {
                child.address.lose(incarnation);
                link.close_window(id);
                link.append(&Header::new(Subject::Control, id), &mut |out| out.put(&verb));
            }
            super::Place::None => {}
        }
        announce(&child.address);
    }

    fn leaves_pool(&mut self, pool_id: ActorId, id: ActorId) {
        let vacated = self.groups.get_mut(&pool_id).and_then(Group::pool_mut).is_some_and(|pool| pool.vacate(id));
        if vacated {
            self.publish(pool_id);
        }
    }

    fn pool_of(&mut self, id: ActorId) -> Option<&mut super::group::Pool> {
        let pool = self.children.get(&id)?.parent?;
        self.groups.get_mut(&pool).and_then(Group::pool_mut)
    }

    pub(super) fn parent(&self, id: ActorId) -> Option<ActorId> {
        match self.children.get(&id) {
            Some(child) => child.parent,
            None => self.groups.get(&id)?.parent,
        }
    }

    pub(super) fn label(&self, id: ActorId) -> String {
        let address = match self.children.get(&id) {
            Some(child) => Some(&child.address),
            None => self.groups.get(&id).map(|group| &group.address),
        };
        address.map_or_else(|| id.to_string(), |address| address.label())
    }
}
