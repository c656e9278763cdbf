//! What a supervisor, or a pool's monitor, is asked: about its children, and the built-in commands.

use super::Arbiter;
use super::group::Group;
use crate::actor::Params;
use crate::address::{Address, Route};
use crate::command::{ConfigError, Order, Verb};
use crate::error::{Failure, SpawnError};
use crate::events::Change;
use crate::id::{ActorId, State};
use crate::link::announce;
use crate::reply::Reply;
use crate::runner::{now_millis, send_answer};
use crate::supervise::{Event, Phase};
use crate::supervisor::{ChildError, ChildInfo, Planted, Tend};

impl Arbiter {
    /// Does something with the children of a supervisor.
    pub(super) fn tend(&mut self, id: ActorId, tend: Tend, reply: Reply) {
        let supervisor = self.groups.get(&id).is_some_and(|group| group.pool().is_none());
        match tend {
            Tend::Start { .. } if !supervisor => {
                let error = SpawnError::Invalid("the supervisor is gone, or it is a pool: `scale` that".into());
                send_answer(reply, &Err::<(), _>(error));
            }
            Tend::Start { name, .. } if self.child_named(id, &name).is_some() => {
                send_answer(reply, &Err::<(), _>(SpawnError::NameTaken { name }));
            }
            Tend::Start { name, plan } => self.plant(*plan, Some(name), Some(id), reply),
            _ if !self.groups.contains_key(&id) => send_answer(reply, &Err::<(), _>(ChildError::NoSupervisor)),
            Tend::Which => {
                let below = self.machine.get(id).map(|node| node.members().collect::<Vec<_>>()).unwrap_or_default();
                let all = below.into_iter().filter_map(|id| self.tree_node(id));
                send_answer(reply, &Ok::<_, ()>(all.map(ChildInfo::from).collect::<Vec<_>>()));
            }
            Tend::Stop(name) => self.tend_child(id, name, reply, |this, child, _, reply| {
                this.order(child, Order::Stop, reply);
            }),
            Tend::Reset(name) => self.tend_child(id, name, reply, |this, child, _, reply| {
                this.order(child, Order::Reset, reply);
            }),
            Tend::Restart(name) => {
                self.tend_child(id, name, reply, |this, child, name, reply| match this.phase(child) {
                    Some(Phase::Down) => this.begin_again(Event::Restart { id: child }, child, reply),
                    Some(Phase::Parked) => this.order(child, Order::Reset, reply),
                    _ => send_answer(reply, &Err::<(), _>(ChildError::Alive { name })),
                });
            }
            Tend::Delete(name) => {
                self.tend_child(id, name, reply, |this, child, name, reply| match this.phase(child) {
                    Some(Phase::Down | Phase::Parked) => {
                        this.decide(Event::Delete { id: child });
                        send_answer(reply, &Ok::<_, ()>(()));
                    }
                    _ => send_answer(reply, &Err::<(), _>(ChildError::Alive { name })),
                });
            }
            Tend::Find(name) => self.tend_child(id, name, reply, |this, child, _, reply| {
                send_answer(reply, &Ok::<_, ()>(this.planted(child)));
            }),
        }
    }

    fn tend_child(
        &mut self,
        id: ActorId,
        name: String,
        reply: Reply,
        then: impl FnOnce(&mut Self, ActorId, String, Reply),
    ) {
        match self.child_named(id, &name) {
            Some(child) => then(self, child, name, reply),
            None => send_answer(reply, &Err::<(), _>(ChildError::Unknown { name })),
        }
    }

    /// Has what was down or parked begin again. Whoever sends to it, or to what is under it, from now on waits until it is
    /// ready.
    pub(super) fn begin_again(&mut self, event: Event, id: ActorId, reply: Reply) {
        if let Some(group) = self.groups.get_mut(&id).filter(|group| group.state == State::Parked) {
            group.state = State::Starting;
        }
        self.decide(event);
        self.expect(id);
        send_answer(reply, &Ok::<_, ()>(()));
    }

    fn expect(&self, id: ActorId) {
        let Some(node) = self.machine.get(id) else { return };
        if !matches!(node.phase(), Phase::Down | Phase::Parked) {
            let gone = |address: &Address| matches!(address.route(), Route::Gone(_));
            if let Some(child) = self.children.get(&id).filter(|child| gone(&child.address)) {
                child.address.set_route(Route::Wait);
                announce(&child.address);
            } else if self.groups.get(&id).is_some_and(|group| gone(&group.address)) {
                self.publish(id);
            }
            node.members().for_each(|below| self.expect(below));
        }
    }

    fn phase(&self, id: ActorId) -> Option<Phase> {
        self.machine.get(id).map(|node| node.phase())
    }

    fn child_named(&self, id: ActorId, name: &str) -> Option<ActorId> {
        let called = |child: &ActorId| match self.children.get(child) {
            Some(child) => child.name == name,
            None => self.groups.get(child).is_some_and(|group| group.name == name),
        };
        self.machine.get(id)?.members().find(called)
    }

    fn planted(&self, id: ActorId) -> Planted {
        let pool = self.groups.get(&id).is_some_and(|group| group.pool().is_some());
        let below =
            self.machine.get(id).filter(|_| !pool).map(|node| node.members().collect::<Vec<_>>()).unwrap_or_default();
        Planted { id, children: below.into_iter().map(|child| self.planted(child)).collect() }
    }

    /// Answers a built-in command for a supervisor or a monitor.
    pub(super) fn monitor(&mut self, id: ActorId, verb: Verb, reply: Reply) {
        if !self.groups.contains_key(&id) {
            return reply.fail(Failure::UnknownActor { target: id.to_string() });
        }
        match verb {
            Verb::Ping => send_answer(reply, &Ok::<_, ()>("pong")),
            Verb::Echo(bytes) => reply.encoded(Ok(bytes)),
            Verb::Info => match self.group_info(id) {
                Some(info) => send_answer(reply, &Ok::<_, ()>(info)),
                None => reply.fail(Failure::UnknownActor { target: id.to_string() }),
            },
            Verb::Notify => send_answer(reply, &Ok::<_, ()>(now_millis())),
            Verb::ConfigGet(key) => send_answer(reply, &self.group_setting(id, &key)),
            Verb::ConfigSet(key, value) if key == "workers" => {
                let set = match value.parse() {
                    Ok(workers) => self.scale(id, workers),
                    Err(_) => Err(ConfigError::new(format!("`workers`: `{value}` is no number"))),
                };
                send_answer(reply, &set);
            }
            Verb::ConfigSet(key, _) => {
                let text = format!("`{key}` cannot be changed while it runs: of a pool, `workers` can");
                send_answer(reply, &Err::<(), _>(ConfigError::new(text)));
            }
            Verb::Stop => {
                send_answer(reply, &Ok::<_, ()>(()));
                self.order(id, Order::Stop, Reply::none());
            }
            Verb::Unencodable(text) => reply.fail(Failure::Unencodable(text)),
            Verb::Run { .. } | Verb::Spawn(_) | Verb::KillActor(_) | Verb::Internal(_) => {
                let command = "that: a supervisor or monitor lives in the arbiter, which runs no user code".into();
                reply.fail(Failure::UnknownCommand { command });
            }
        }
    }

    fn group_setting(&self, id: ActorId, key: &str) -> Result<String, ConfigError> {
        let group = self.groups.get(&id);
        match (group.and_then(Group::pool), key) {
            (Some(pool), "workers") => Ok(pool.workers.to_string()),
            (Some(_), _) => Err(ConfigError::new(format!("a pool has no setting `{key}`: it has `workers`"))),
            (None, _) => Err(ConfigError::new(format!("a supervisor has no setting `{key}`"))),
        }
    }

    /// Has a pool have so many workers.
    pub(super) fn scale(&mut self, id: ActorId, workers: u32) -> Result<(), ConfigError> {
        let Some(pool) = self.groups.get_mut(&id).and_then(Group::pool_mut) else {
            return Err(ConfigError::new("only a pool can be scaled: spawn the actor with `workers`"));
        };
        let params = Params { workers: Some(workers), ..pool.request.params.clone() };
        params.check().map_err(ConfigError::new)?;
        let from = std::mem::replace(&mut pool.workers, workers);
        if from != workers {
            self.say(id, Change::Scaled { from, to: workers });
        }
        self.decide(Event::Scale { id, workers });
        Ok(())
    }

    /// Has every pool have one worker more, or one less, but for the last.
    pub(super) fn scale_all(&mut self, more: bool) {
        let pools = self.groups.iter().filter_map(|(&id, group)| Some((id, group.pool()?.workers)));
        for (id, workers) in pools.collect::<Vec<_>>() {
            let workers = if more { workers.saturating_add(1) } else { workers.saturating_sub(1).max(1) };
            if let Err(error) = self.scale(id, workers) {
                self.log.say(tracing::Level::WARN, format!("{} is not scaled: {error}", self.label(id)));
            }
        }
    }
}
