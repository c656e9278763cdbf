//! How a task actor is made: at once, while whoever spawns it is polled, as far as it goes. Most are ready then.
//!
//! Must not know how it is kept alive afterwards.

use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;

use super::manager::TaskManager;
use super::{Child, Done, Keeper, Spawning};
use crate::actor::{ActorEntry, AnyActor, Core, Params, find_actor};
use crate::address::{self, Route};
use crate::command::{BuiltIn, Internal, Verb};
use crate::concurrency::event_loop::begin_now_on;
use crate::concurrency::manager::tell_arbiter;
use crate::error::{AskError, Failure, SpawnError};
use crate::exit::ExitReason;
use crate::host::{Begun, Spawned};
use crate::id::{ActorId, Incarnation, Kind};
use crate::link::announce;
use crate::node::node;
use crate::proxy::Proxy;
use crate::recorder::Recorder;
use crate::reply::Slot;
use crate::runner::{Birth, Born};
use crate::scope;
use crate::supervise::{Event, Policy};

/// For how many actors room is made at once, and how much each takes about.
const STRIDE: usize = 32;
const ROOM: usize = 2048;

/// After how many that were ready at once the rest of the loop has a turn: who is spawned before that waits for its own.
const BROOD: u32 = 32;

/// What like actors have in common: held once.
pub(super) struct Common {
    pub(super) entry: &'static ActorEntry,
    pub(super) params: Arc<Params>,
    pub(super) policy: Arc<Policy>,
    manager: Rc<TaskManager>,
}

impl Keeper {
    /// Makes a task actor, and runs it as far as it goes.
    pub(crate) fn spawn(&self, actor: &str, specification: Bytes, params: &Params) -> Result<Begun, SpawnError> {
        let Some(node) = node() else { return Err(SpawnError::Ask(Box::new(Failure::NotRunning))) };
        let owner = scope::with_core(|core| core.id).unwrap_or(ActorId::ARBITER);
        let common = self.common(actor, params, owner)?;
        let id = node.new_id();
        let name = params.name.as_deref();
        let taken = |_| SpawnError::NameTaken { name: name.map(Into::into).unwrap_or_default() };
        let keeper: Arc<dyn address::Keeper> = self.orders.clone();
        let address = node.register(id, name, true, common.entry.fingerprint, Some(keeper)).map_err(taken)?;
        let named = name.filter(|_| !node.is_master());
        // One that is made by another that is being made waits its turn: they may be many, one within the other.
        let now = named.is_none() && !self.bearing.get() && !self.handling.get() && self.brood() < BROOD;
        let outcome: Option<Spawned> = (!now).then(|| Arc::new(Slot::new()));
        let policy = common.policy.clone();
        let child = Child {
            common,
            specification,
            address: address.clone(),
            core: None,
            spawning: outcome.clone().map_or(Spawning::Now, Spawning::Later),
            stopped: Vec::new(),
            last_crash: None,
        };
        let mut children = self.children.borrow_mut();
        children.insert(id, Box::new(child));
        let count = children.len();
        drop(children);
        self.stride(count);
        let Some(outcome) = outcome else { return self.bear_now(id, address) };
        match named.map(ToString::to_string) {
            // A name is unique in the program: the arbiter knows them all.
            Some(name) => {
                let Some(this) = self.this.upgrade() else { return Err(SpawnError::NoLoop) };
                self.on_loop(async move {
                    let arbiter = Proxy::<AnyActor>::from_address(node.arbiter().clone());
                    let verb = Verb::Internal(Internal::Reserve { id, name });
                    match arbiter.built_in(BuiltIn::<(), SpawnError>::new(verb)).await {
                        Ok(()) => this.handle(Event::Add { id, parent: None, policy: (*policy).clone() }),
                        Err(error) => this.refuse(id, error),
                    }
                });
            }
            None => self.handle(Event::Add { id, parent: None, policy: (*policy).clone() }),
        }
        Ok(Begun::Waiting { address, outcome })
    }

    /// Makes an actor and polls it, before the machine hears of it: of most it hears that they are ready.
    fn bear_now(&self, id: ActorId, address: Arc<address::Address>) -> Result<Begun, SpawnError> {
        self.newborn.set(Some(id));
        self.bearing.set(true);
        let borne = Done(&self.bearing);
        if let Some(born) = self.bear(id, 1) {
            // Whoever spawns it is not what it runs on behalf of, and its hook is not bound by the deadline of that.
            scope::outside(|| begin_now_on(&self.lives, born.life));
        }
        drop(borne);
        self.confirm();
        if let Some(error) = self.refused.take() {
            return Err(error);
        }
        if let Some(child) = self.children.borrow_mut().get_mut(&id)
            && let Spawning::Now = child.spawning
        {
            let outcome: Spawned = Arc::new(Slot::new());
            child.spawning = Spawning::Later(outcome.clone());
            return Ok(Begun::Waiting { address, outcome });
        }
        let brood = self.brood.get() + 1;
        self.brood.set(brood);
        Ok(Begun::Ready { address, many: brood == BROOD })
    }

    /// How many were ready at once in this turn of the loop.
    fn brood(&self) -> u32 {
        let turn = self.lives.upgrade().map_or(0, |lives| lives.turns());
        if self.turn.replace(turn) != turn {
            self.brood.set(0);
        }
        self.brood.get()
    }

    /// Tells the machine of the one that is being made, if it has not heard of it: before it hears of anything else.
    pub(super) fn confirm(&self) {
        if let Some(id) = self.newborn.take() {
            let policy = self.children.borrow().get(&id).map(|child| (*child.common.policy).clone());
            if let Some(policy) = policy {
                self.handle(Event::Add { id, parent: None, policy });
            }
        }
    }

    /// Makes an incarnation.
    pub(super) fn bear(&self, id: ActorId, incarnation: Incarnation) -> Option<Born> {
        let mut children = self.children.borrow_mut();
        let child = children.get_mut(&id)?;
        let common = &child.common;
        let born = (common.entry.bear)(Birth {
            address: child.address.clone(),
            kind: Some(Kind::Task),
            incarnation,
            params: common.params.clone(),
            specification: child.specification.clone(),
            manager: common.manager.clone(),
            recorder: Recorder::own(),
            last_crash: child.last_crash.clone(),
        });
        child.core = Some(born.core.clone());
        drop(children);
        if self.watch.keep() && node().is_some_and(|node| node.is_master()) {
            tell_arbiter(Internal::Watch);
        }
        Some(born)
    }

    /// An incarnation is ready.
    pub(super) fn ready(&self, core: &Core) {
        let (outcome, policy) = {
            let mut children = self.children.borrow_mut();
            let Some(child) = children.get_mut(&core.id) else { return };
            child.address.set_route(Route::Local { mailbox: core.mailbox.clone(), incarnation: core.incarnation });
            announce(&child.address);
            (std::mem::replace(&mut child.spawning, Spawning::Done), child.common.policy.clone())
        };
        if self.newborn.get() == Some(core.id) {
            self.newborn.set(None);
            self.adopt(core.id, policy);
        } else {
            self.handle(Event::Ready { id: core.id, incarnation: core.incarnation });
        }
        if let Spawning::Later(outcome) = outcome {
            super::answer(&outcome, Ok(core.id));
        }
    }

    /// What it has in common with the actor that was made before, where that is all.
    fn common(&self, actor: &str, params: &Params, owner: ActorId) -> Result<Rc<Common>, SpawnError> {
        let mut last = self.common.borrow_mut();
        if let Some(known) = &*last
            && known.entry.name == actor
            && known.manager.owner() == owner
            && *known.params == *params
        {
            return Ok(known.clone());
        }
        let Some(entry) = find_actor(actor) else {
            return Err(SpawnError::NotRegistered { actor: actor.to_string() });
        };
        let manager = match &*last {
            Some(known) if known.manager.owner() == owner => known.manager.clone(),
            _ => Rc::new(TaskManager::new(self.this.clone(), self.watch.clone(), owner)),
        };
        let (params, policy) = (Arc::new(params.clone()), Arc::new(params.policy()));
        Ok(last.insert(Rc::new(Common { entry, params, policy, manager })).clone())
    }

    /// Has room made for many actors at once: the heap of a thread grows by a page at a time in glibc, with a system call for each.
    fn stride(&self, count: usize) {
        if count > self.most.get() && count.is_multiple_of(STRIDE) {
            self.most.set(count);
            drop(std::hint::black_box(Vec::<u8>::with_capacity(STRIDE * ROOM)));
        }
    }

    fn refuse(&self, id: ActorId, error: AskError<SpawnError>) {
        let child = self.children.borrow_mut().remove(&id);
        if let (Some(child), Some(node)) = (child, node()) {
            node.remove(id, ExitReason::StartFailed(error.to_string()));
            self.fail(child.spawning, error.into());
        }
    }

    /// Its spawn has failed, if anybody still waits for that.
    pub(super) fn fail(&self, spawning: Spawning, error: SpawnError) {
        match spawning {
            Spawning::Now => self.refused.set(Some(error)),
            Spawning::Later(outcome) => super::answer(&outcome, Err(error)),
            Spawning::Done => {}
        }
    }
}
