//! What the arbiter holds of a supervisor and of a pool's monitor: who they are, and who waits for what.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use super::binary::Binary;
use crate::actor::ActorEntry;
use crate::address::Address;
use crate::command::SpawnRequest;
use crate::error::SpawnError;
use crate::exit::ExitReason;
use crate::id::{ActorId, State};
use crate::reply::Reply;
use crate::runner::send_answer;
use crate::supervise::Strategy;
use crate::supervisor::Planted;

/// A supervisor, or a monitor.
pub(super) struct Group {
    /// Its name among its siblings.
    pub(super) name: String,
    pub(super) parent: Option<ActorId>,
    pub(super) address: Arc<Address>,
    pub(super) state: State,
    /// When all of it was last ready, if it has been.
    pub(super) up: Option<Instant>,
    pub(super) sort: Sort,
    /// Whether what is under it registers its names.
    pub(super) registers: bool,
    /// Whoever asked for it, until it is up.
    pub(super) spawned: Option<Asked>,
    /// Whoever waits until it is gone.
    pub(super) stopped: Vec<Reply>,
    /// Whoever waits to hear why it is gone.
    pub(super) awaited: Vec<Reply>,
    /// The first child that did not become ready, while somebody waits for the whole.
    pub(super) failed: Option<(String, ExitReason)>,
}

/// Which of the two it is.
pub(super) enum Sort {
    Supervisor { strategy: Strategy },
    Pool(Box<Pool>),
}

/// A pool of like actors.
pub(super) struct Pool {
    /// What each worker is made from.
    pub(super) request: SpawnRequest,
    pub(super) entry: &'static ActorEntry,
    /// How many workers there are to be.
    pub(super) workers: u32,
    /// Its workers, each in its place.
    pub(super) places: Vec<ActorId>,
    /// Who comes instead of whom.
    pub(super) successors: HashMap<ActorId, ActorId>,
    /// What its workers run.
    pub(super) binary: Rc<Binary>,
}

impl Pool {
    /// A worker is no longer sent to: its successor has its place, or there is one place less. False if it had none.
    pub(super) fn vacate(&mut self, old: ActorId) -> bool {
        let successor = self.successors.remove(&old);
        // Nor does it take anyone's place any more.
        self.successors.retain(|_, new| *new != old);
        let Some(at) = self.places.iter().position(|&id| id == old) else { return false };
        match (successor, self.places.get_mut(at)) {
            (Some(new), Some(place)) => *place = new,
            _ => {
                self.places.remove(at);
            }
        }
        true
    }
}

impl Group {
    pub(super) fn pool(&self) -> Option<&Pool> {
        match &self.sort {
            Sort::Pool(pool) => Some(pool),
            Sort::Supervisor { .. } => None,
        }
    }

    pub(super) fn pool_mut(&mut self) -> Option<&mut Pool> {
        match &mut self.sort {
            Sort::Pool(pool) => Some(pool),
            Sort::Supervisor { .. } => None,
        }
    }

    /// How something under it is called: by its path below the root, with the root where that has a name.
    pub(super) fn label_of(&self, name: &str) -> String {
        let nameless_root = self.parent.is_none() && !self.registers && self.pool().is_none();
        if nameless_root { name.to_string() } else { format!("{}.{name}", self.address.label()) }
    }
}

/// Whoever asked for something to be made.
pub(super) enum Asked {
    /// For an actor: is told its id.
    Actor(Reply),
    /// For a branch of a tree: is told all ids.
    Branch(Reply, Box<Planted>),
}

impl Asked {
    /// It is ready.
    pub(super) fn ready(self, id: ActorId) {
        match self {
            Self::Actor(reply) => send_answer(reply, &Ok::<_, SpawnError>(id)),
            Self::Branch(reply, planted) => send_answer(reply, &Ok::<_, SpawnError>(*planted)),
        }
    }

    /// It will never be.
    pub(super) fn failed(self, error: SpawnError) {
        let (Self::Actor(reply) | Self::Branch(reply, _)) = self;
        send_answer(reply, &Err::<(), _>(error));
    }
}
