//! Makes what was asked for: an actor, a pool, a tree of both. All of it is declared before any of it starts.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Arbiter;
use super::child::Child;
use super::group::{Asked, Group, Pool, Sort};
use crate::actor::{ActorEntry, Params, find_actor};
use crate::address::{Address, Route};
use crate::command::SpawnRequest;
use crate::error::SpawnError;
use crate::id::{ActorId, Kind, State};
use crate::members::Members;
use crate::node::node;
use crate::reply::Reply;
use crate::runner::send_answer;
use crate::supervise::{Event, GiveUp, Intensity, Policy, PoolPolicy};
use crate::supervisor::{MAX_DEPTH, Plan, Planted, SupervisorPlan, check_name, too_deep};

/// What is to be told to the machine of a branch, and what has to be taken back if it cannot be made.
#[derive(Default)]
struct Growth {
    events: Vec<Event>,
    grown: Vec<ActorId>,
}

/// Where something new is.
struct Seat {
    id: ActorId,
    address: Arc<Address>,
    /// Its name among its siblings.
    name: String,
    /// Whether it can be found by its label.
    registered: bool,
}

impl Arbiter {
    /// Makes an actor, or a pool, that nobody is above.
    pub(super) fn spawn(&mut self, request: SpawnRequest, reply: Reply) {
        match self.grow_branch(Plan::Actor(Box::new(request)), None, None) {
            Ok((planted, events)) => self.begin(events, &planted, Asked::Actor(reply)),
            Err(error) => send_answer(reply, &Err::<(), _>(error)),
        }
    }

    /// Makes a tree, or a branch of one.
    pub(super) fn plant(&mut self, plan: Plan, name: Option<String>, parent: Option<ActorId>, reply: Reply) {
        match self.grow_branch(plan, name, parent) {
            Ok((planted, events)) => {
                let asked = Asked::Branch(reply, Box::new(planted.clone()));
                self.begin(events, &planted, asked);
            }
            Err(error) => send_answer(reply, &Err::<(), _>(error)),
        }
    }

    fn begin(&mut self, events: Vec<Event>, planted: &Planted, asked: Asked) {
        let id = planted.id;
        if let Some(child) = self.children.get_mut(&id) {
            child.spawned = Some(asked);
        } else if let Some(group) = self.groups.get_mut(&id) {
            group.spawned = Some(asked);
        }
        events.into_iter().for_each(|event| self.decide(event));
    }

    fn grow_branch(
        &mut self,
        plan: Plan,
        name: Option<String>,
        parent: Option<ActorId>,
    ) -> Result<(Planted, Vec<Event>), SpawnError> {
        if self.ending.is_some() {
            return Err(SpawnError::Stopping);
        }
        let mut growth = Growth::default();
        let supervisor = matches!(plan, Plan::Supervisor(_));
        match self.grow(plan, name, parent, self.depth(parent), &mut growth) {
            Ok(planted) => {
                if supervisor {
                    growth.events.push(Event::Launch { id: planted.id });
                }
                Ok((planted, growth.events))
            }
            Err(error) => {
                for id in growth.grown {
                    self.children.remove(&id);
                    self.groups.remove(&id);
                    if let Some(node) = node() {
                        node.remove(id, crate::exit::ExitReason::Shutdown);
                    }
                }
                Err(error)
            }
        }
    }

    /// How many supervisors something under this one is below.
    fn depth(&self, parent: Option<ActorId>) -> usize {
        std::iter::successors(parent, |&above| self.parent(above)).count()
    }

    fn grow(
        &mut self,
        plan: Plan,
        name: Option<String>,
        parent: Option<ActorId>,
        depth: usize,
        growth: &mut Growth,
    ) -> Result<Planted, SpawnError> {
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        // It may come from another process, which need not have looked.
        name.as_deref().filter(|_| parent.is_some()).map_or(Ok(()), check_name)?;
        match plan {
            Plan::Actor(request) if request.params.workers.is_some() => self.grow_pool(*request, name, parent, growth),
            Plan::Actor(request) => self.grow_actor(*request, name, parent, growth),
            Plan::Supervisor(plan) => self.grow_supervisor(plan, name, parent, depth, growth),
        }
    }

    fn grow_actor(
        &mut self,
        mut request: SpawnRequest,
        name: Option<String>,
        parent: Option<ActorId>,
        growth: &mut Growth,
    ) -> Result<Planted, SpawnError> {
        let entry = admit(&request, parent.is_some())?;
        let Seat { id, address, name, .. } =
            self.seat(request.params.name.as_deref(), name, parent, entry.fingerprint)?;
        request.params.name = address.name().map(|name| name.to_string());
        let mut policy = request.params.policy();
        if parent.is_some() {
            policy.give_up = request.params.on_give_up.unwrap_or_default();
        }
        let binary = self.binary.clone();
        self.children.insert(id, Child::new(name, parent, request, entry, address, binary));
        growth.grown.push(id);
        growth.events.push(Event::Add { id, parent, policy });
        Ok(Planted { id, children: Vec::new() })
    }

    fn grow_pool(
        &mut self,
        request: SpawnRequest,
        name: Option<String>,
        parent: Option<ActorId>,
        growth: &mut Growth,
    ) -> Result<Planted, SpawnError> {
        let entry = admit(&request, true)?;
        let Seat { id, address, name, registered } =
            self.seat(request.params.name.as_deref(), name, parent, entry.fingerprint)?;
        let params = &request.params;
        let workers = params.workers.unwrap_or(1);
        let give_up = params.on_give_up.unwrap_or(if parent.is_some() { GiveUp::Escalate } else { GiveUp::Park });
        let policy = Policy { give_up, ..params.policy() };
        let pool = PoolPolicy { workers, intensity: pool_intensity(params), recycle: params.recycle };
        address.set_route(Route::Monitor(Members::new(Some(params.routing), Vec::new())));
        let sort = Sort::Pool(Box::new(Pool {
            workers,
            entry,
            places: Vec::new(),
            successors: HashMap::new(),
            binary: self.binary.clone(),
            request,
        }));
        self.groups.insert(id, Group::new(name, parent, address, sort, registered));
        growth.grown.push(id);
        growth.events.push(Event::AddPool { id, parent, policy, pool });
        Ok(Planted { id, children: Vec::new() })
    }

    fn grow_supervisor(
        &mut self,
        plan: SupervisorPlan,
        name: Option<String>,
        parent: Option<ActorId>,
        depth: usize,
        growth: &mut Growth,
    ) -> Result<Planted, SpawnError> {
        let SupervisorPlan { options, children } = plan;
        options.check().map_err(SpawnError::Invalid)?;
        let Seat { id, address, name, registered } = self.seat(options.name.as_deref(), name, parent, 0)?;
        address.set_route(Route::Monitor(Members::new(None, Vec::new())));
        let sort = Sort::Supervisor { strategy: options.strategy_of() };
        self.groups.insert(id, Group::new(name, parent, address, sort, registered));
        growth.grown.push(id);
        let (policy, group) = (options.policy(), options.group(parent.is_none()));
        growth.events.push(Event::AddGroup { id, parent, policy, group });
        let mut planted = Vec::with_capacity(children.len());
        for (name, child) in children {
            planted.push(self.grow(child, Some(name), Some(id), depth + 1, growth)?);
        }
        Ok(Planted { id, children: planted })
    }

    /// An identity and an address: under a name of its own, or under the path that leads to it.
    fn seat(
        &self,
        own: Option<&str>,
        name: Option<String>,
        parent: Option<ActorId>,
        fingerprint: u64,
    ) -> Result<Seat, SpawnError> {
        let Some(node) = node() else { return Err(SpawnError::Stopping) };
        let above = parent.and_then(|parent| self.groups.get(&parent));
        let (label, registered) = match (own, above, &name) {
            (Some(own), _, _) => (Some(own.to_string()), true),
            (None, Some(above), Some(name)) => (Some(above.label_of(name)), above.registers),
            (None, _, name) => (name.clone(), false),
        };
        let id = node.new_id();
        let address = node
            .register(id, label.as_deref(), registered, fingerprint, None)
            .map_err(|_| SpawnError::NameTaken { name: label.clone().unwrap_or_default() })?;
        let name = name.filter(|_| parent.is_some()).or(label).unwrap_or_else(|| id.to_string());
        Ok(Seat { id, address, name, registered })
    }

    /// A worker for a pool.
    pub(super) fn hire(&mut self, pool_id: ActorId, replaces: Option<ActorId>) {
        let Some(node) = node() else { return };
        let Some(group) = self.groups.get(&pool_id) else { return };
        let registers = group.registers;
        let Some(pool) = group.pool() else { return };
        let (entry, binary) = (pool.entry, pool.binary.clone());
        let mut request = pool.request.clone();
        let id = node.new_id();
        // Of those that are on their way the machine does not know yet.
        let workers = self.machine.get(pool_id).into_iter().flat_map(|pool| pool.members());
        let workers = workers.chain(pool.places.iter().copied()).chain(pool.successors.values().copied());
        let taken: HashSet<&str> =
            workers.filter_map(|id| self.children.get(&id)).map(|child| child.name.as_str()).collect();
        // Somebody else may have such a name: then the next number is taken.
        let free = (1..=u32::MAX).map(|number| number.to_string()).filter(|name| !taken.contains(name.as_str()));
        let seat = free.into_iter().find_map(|name| {
            let address = node.register(id, Some(&group.label_of(&name)), registers, entry.fingerprint, None).ok()?;
            Some((name, address))
        });
        let Some((name, address)) = seat else { return };
        request.params.name = address.name().map(|name| name.to_string());
        let policy = Policy { give_up: GiveUp::Escalate, ..request.params.policy() };
        let child = Child::new(name, Some(pool_id), request, entry, address, binary);
        self.children.insert(id, child);
        if let Some(pool) = self.groups.get_mut(&pool_id).and_then(Group::pool_mut) {
            match replaces {
                Some(old) => drop(pool.successors.insert(old, id)),
                None => pool.places.push(id),
            }
        }
        self.publish(pool_id);
        self.later.push_back(Event::Add { id, parent: Some(pool_id), policy });
    }

    /// Tells whoever sends to a pool who its members are.
    pub(super) fn publish(&self, pool: ActorId) {
        let Some(group) = self.groups.get(&pool) else { return };
        let Some(pool) = group.pool() else { return };
        let address = |id: &ActorId| self.children.get(id).map(|child| child.address.clone());
        let list = pool.places.iter().filter_map(address).collect();
        group.address.set_route(Route::Monitor(Members::new(Some(pool.request.params.routing), list)));
        crate::link::announce(&group.address);
    }
}

impl Group {
    fn new(name: String, parent: Option<ActorId>, address: Arc<Address>, sort: Sort, registers: bool) -> Self {
        Self {
            name,
            parent,
            address,
            state: State::Initial,
            up: None,
            sort,
            registers,
            spawned: None,
            stopped: Vec::new(),
            awaited: Vec::new(),
            failed: None,
        }
    }
}

/// The actor type that is asked for, if everything about it is right.
fn admit(request: &SpawnRequest, tasks: bool) -> Result<&'static ActorEntry, SpawnError> {
    request.params.check().map_err(SpawnError::Invalid)?;
    if request.params.kind == Kind::Task && !tasks {
        return Err(super::verbs::no_tasks_here());
    }
    let entry =
        find_actor(&request.actor).ok_or_else(|| SpawnError::NotRegistered { actor: request.actor.to_string() })?;
    if entry.fingerprint != request.fingerprint {
        return Err(SpawnError::Schema(format!("`{}` is declared differently in the master", request.actor)));
    }
    Ok(entry)
}

/// The intensity of a pool: its own default, unless another than an actor's default was asked for.
fn pool_intensity(params: &Params) -> Option<Intensity> {
    match params.intensity {
        None => Some(Intensity::new(u32::MAX, Intensity::default().within)),
        Some((restarts, within)) if Intensity::new(restarts, within) == Intensity::default() => None,
        Some((restarts, within)) => Some(Intensity::new(restarts, within)),
    }
}
