//! What the arbiter answers: the built-in commands, and what processes and actors tell their manager.

use std::collections::HashSet;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use tracing::Level;

use super::child::{Child, LastWords, Place};
use super::{Arbiter, WATCH};
use crate::actor::{ActorInfo, Info, MAX_NAME, MIN_TIMEOUT};
use crate::address;
use crate::command::{ConfigError, Found, Internal, Order, Verb};
use crate::concurrency::sys;
use crate::error::{Failure, SpawnError};
use crate::id::{ActorId, Kind, State};
use crate::link::{News, links};
use crate::mailbox::ControlItem;
use crate::node::node;
use crate::reply::Reply;
use crate::runner::{now_millis, send_answer};
use crate::supervisor::Plan;
use crate::{spawner, supervise};

/// The longest silence that an actor may be granted while it runs: ten years.
const MAX_TIMEOUT: Duration = Duration::from_secs(10 * 365 * 86_400);

impl Arbiter {
    pub(super) fn control(&mut self, item: ControlItem) {
        let ControlItem { verb, reply, process, .. } = item;
        match verb {
            Verb::Ping => send_answer(reply, &Ok::<_, ()>("pong")),
            Verb::Echo(bytes) => reply.encoded(Ok(bytes)),
            Verb::Info => send_answer(reply, &Ok::<_, ()>(self.info())),
            Verb::Notify => send_answer(reply, &Ok::<_, ()>(now_millis())),
            Verb::ConfigGet(key) | Verb::ConfigSet(key, _) => {
                let text = format!("the arbiter has no setting `{key}`: ask the actor");
                send_answer(reply, &Err::<(), _>(ConfigError::new(text)));
            }
            // It runs no user code.
            Verb::Run { .. } => {
                reply.fail(Failure::UnknownCommand { command: "`run`: the arbiter runs no user code".into() });
            }
            Verb::Unencodable(text) => reply.fail(Failure::Unencodable(text)),
            Verb::Stop => {
                send_answer(reply, &Ok::<_, ()>(()));
                self.begin_end(0, false);
            }
            Verb::Spawn(request) if request.params.kind == Kind::Task && request.params.workers.is_none() => {
                send_answer(reply, &Err::<(), _>(no_tasks_here()));
            }
            Verb::Spawn(request) => drop(tokio::task::spawn_local(async move {
                let spawned = spawner::spawn(*request).await;
                send_answer(reply, &spawned.map(|address| address.id()));
            })),
            Verb::KillActor(target) => self.kill_actor(&target, reply),
            Verb::Internal(message) => self.internal(message, reply, process),
        }
    }

    fn internal(&mut self, message: Internal, reply: Reply, process: Option<u32>) {
        match message {
            Internal::Notify { id, incarnation, window, info } => {
                if !self.speaks_for(process, id) {
                    return reply.fail(Failure::Protocol(format!("{id} is not of this process")));
                }
                if let Some(system) = info.as_ref().and_then(|info| info.system) {
                    self.weigh(id, &system);
                }
                let mut first = false;
                let mut usage = None;
                if let Some(child) = self.children.get_mut(&id).filter(|child| child.incarnation == incarnation) {
                    // Its own children are none of an actor's to tell, and of the rest only what is shown is kept.
                    child.info = info.map(|mut info| {
                        info.children = Vec::new();
                        info.extra.clear();
                        info.last_crash = None;
                        if info.actor.thread.len() > MAX_NAME {
                            info.actor.thread.clear();
                        }
                        info
                    });
                    first = child.state == State::Starting;
                    usage =
                        child.info.as_ref().map(|info| (info.mailbox.handled, info.system.map_or(0, |used| used.rss)));
                }
                if first {
                    self.ready(id, incarnation, window);
                } else {
                    self.decide(supervise::Event::Beat { id, incarnation });
                }
                if let Some((messages, memory)) = usage {
                    self.decide(supervise::Event::Usage { id, incarnation, messages, memory });
                }
            }
            Internal::Ending { id, incarnation, reason, lost } => {
                if !self.speaks_for(process, id) {
                    return reply.fail(Failure::Protocol(format!("{id} is not of this process")));
                }
                if let Some(child) = self.children.get_mut(&id).filter(|child| child.incarnation == incarnation) {
                    child.last_words = Some(LastWords { reason: reason.clipped(), lost });
                }
            }
            Internal::Spawn(request) => self.spawn(*request, reply),
            Internal::Disconnected { process: other } => {
                if let Some(process) = process {
                    self.connected.remove(&(process.min(other), process.max(other)));
                }
            }
            Internal::Resolve(id) => {
                let place = match process {
                    Some(process) => self.place_for(process, id),
                    None => address::Place::Wait,
                };
                send_answer(reply, &Ok::<_, ()>(place));
            }
            Internal::Lookup(name) => {
                let found: Found = node().and_then(|node| node.named(&name));
                send_answer(reply, &Ok::<_, ()>(found));
            }
            Internal::Order { id, order } => self.order(id, order, reply),
            Internal::Reserve { id, name } => {
                let reserved = match node() {
                    Some(node) if Some(id.home()) == process => node.reserve(id, &name).is_ok(),
                    _ => false,
                };
                send_answer(reply, &if reserved { Ok(()) } else { Err(SpawnError::NameTaken { name }) });
            }
            Internal::Release(id) => {
                if let Some(node) = node().filter(|_| Some(id.home()) == process) {
                    node.release_name(id);
                }
                send_answer(reply, &Ok::<_, ()>(()));
            }
            Internal::Timeout { id, timeout } => {
                let sane = (MIN_TIMEOUT..=MAX_TIMEOUT).contains(&timeout);
                if let Some(child) = self.children.get(&id).filter(|_| sane && self.speaks_for(process, id)) {
                    let known = self
                        .machine
                        .get(id)
                        .map_or_else(|| child.request.params.policy(), |node| node.policy().clone());
                    let policy = supervise::Policy { timeout, ..known };
                    self.decide(supervise::Event::Policy { id, policy });
                }
            }
            Internal::Plant(plan) => {
                let name = match &*plan {
                    Plan::Supervisor(plan) => plan.label(),
                    Plan::Actor(_) => None,
                };
                self.plant(*plan, name, None, reply);
            }
            Internal::Tend { id, tend } => self.tend(id, tend, reply),
            Internal::Await(id) => self.await_end(id, reply),
            Internal::Tree(root) => send_answer(reply, &Ok::<_, ()>(self.tree(root))),
            Internal::Events { after } => self.listen(after, reply),
            Internal::Monitor { id, verb } => self.monitor(id, *verb, reply),
            Internal::Scale { id, workers } => {
                let scaled = self.scale(id, workers);
                send_answer(reply, &scaled);
            }
            Internal::Shutdown { code } if process.is_none() => self.begin_end(code, false),
            Internal::Watch if process.is_none() => self.watching = Some(Instant::now() + WATCH),
            Internal::ServiceReady if process.is_none() => {
                self.readiness.ready(self.census());
                send_answer(reply, &Ok::<_, ()>(()));
            }
            Internal::ServiceReady
            | Internal::Watch
            | Internal::Shutdown { .. }
            | Internal::End { .. }
            | Internal::Drain
            | Internal::Left { .. } => {
                reply.fail(Failure::Protocol("this is not for the arbiter".into()));
            }
        }
    }

    /// Whether a message from `process` may be about `id`: an actor speaks for itself alone.
    fn speaks_for(&self, process: Option<u32>, id: ActorId) -> bool {
        match (process, self.children.get(&id).map(|child| &child.place)) {
            (Some(process), Some(Place::Process { number, .. })) => *number == process,
            (Some(_), _) => false,
            (None, _) => true,
        }
    }

    pub(super) fn order(&mut self, id: ActorId, order: Order, reply: Reply) {
        // It is down already, so nothing will be heard of it.
        if order != Order::Reset && self.machine.get(id).is_some_and(|node| node.phase() == supervise::Phase::Down) {
            return send_answer(reply, &Ok::<_, ()>(()));
        }
        let stopped = match (self.children.get_mut(&id), self.groups.get_mut(&id)) {
            (Some(child), _) => Some(&mut child.stopped),
            (None, Some(group)) => Some(&mut group.stopped),
            (None, None) => None,
        };
        if let Some(stopped) = stopped {
            let event = match order {
                Order::Stop => supervise::Event::Stop { id },
                Order::Kill => supervise::Event::Kill { id },
                Order::Reset => return self.begin_again(supervise::Event::Reset { id }, id, reply),
            };
            stopped.push(reply);
            return self.decide(event);
        }
        if let Some(keeper) = node().and_then(|node| node.known(id)).and_then(|address| address.keeper()) {
            return keeper.order(id, order, reply);
        }
        send_answer(reply, &Ok::<_, ()>(()));
        // `main`, and the arbiter itself: to stop either is to end the program.
        let program = id == ActorId::ARBITER || node().and_then(|node| node.named("main")) == Some(id);
        if program && order != Order::Reset {
            self.begin_end(0, false);
        }
    }

    fn kill_actor(&mut self, target: &str, reply: Reply) {
        let id = node().and_then(|node| node.named(target)).or_else(|| target.parse().ok());
        match id {
            Some(id) if self.children.contains_key(&id) || self.groups.contains_key(&id) => {
                self.decide(supervise::Event::Kill { id });
                send_answer(reply, &Ok::<_, ()>(true));
            }
            // Tasks are kept by their processes.
            Some(id) if node().and_then(|node| node.known(id)).and_then(|address| address.keeper()).is_some() => {
                self.order(id, Order::Kill, Reply::none());
                send_answer(reply, &Ok::<_, ()>(true));
            }
            Some(id) if id.home() != 0 => {
                let verb = Verb::Internal(Internal::Order { id, order: Order::Kill });
                let sent = links().get(id.home()).is_some_and(|link| {
                    let header =
                        crate::message::Header::new(crate::message::Subject::Control, ActorId::new(id.home(), 0));
                    link.append(&header, &mut |out| out.put(&verb));
                    true
                });
                send_answer(reply, &Ok::<_, ()>(sent));
            }
            _ => send_answer(reply, &Ok::<_, ()>(false)),
        }
    }

    /// What to tell `process` of an actor's place, with a connection to it if it lives in a third one.
    pub(super) fn place_for(&mut self, process: u32, id: ActorId) -> address::Place {
        let Some(node) = node() else { return address::Place::Missing };
        if id.home() != 0 {
            if id.home() != process {
                self.connect_processes(process, id.home());
            }
            return match links().get(id.home()) {
                Some(_) => address::Place::Ask { process: id.home() },
                None => address::Place::Gone(crate::exit::ExitReason::OwnerEnded),
            };
        }
        let Some(address) = node.known(id) else { return address::Place::Missing };
        address.subscribe(process);
        self.connect(process, id);
        address.place(0)
    }

    /// Sees that `process` has a connection to where `id` lives.
    pub(super) fn connect(&mut self, process: u32, id: ActorId) {
        if let Some(Place::Process { number, .. }) = self.children.get(&id).map(|child| &child.place) {
            let number = *number;
            self.connect_processes(process, number);
        }
    }

    fn connect_processes(&mut self, a: u32, b: u32) {
        let key = (a.min(b), a.max(b));
        if a == b || a == 0 || b == 0 || self.connected.contains(&key) {
            return;
        }
        let (Some(first), Some(second)) = (links().get(a), links().get(b)) else { return };
        let made = UnixStream::pair().map_err(|error| error.to_string()).and_then(|(one, other)| {
            first.tell_node(&News::Peer { process: b }, Some(one.into())).map_err(|error| error.to_string())?;
            second.tell_node(&News::Peer { process: a }, Some(other.into())).map_err(|error| error.to_string())
        });
        match made {
            Ok(()) => {
                self.connected.insert(key);
            }
            Err(error) => self.log.say(Level::ERROR, format!("no connection between two processes: {error}")),
        }
    }

    fn info(&self) -> Info {
        let state = if self.ending.is_some() { State::Stopping } else { State::Running };
        let me = ActorInfo {
            name: "arbiter".into(),
            id: ActorId::ARBITER,
            kind: None,
            state,
            uptime: self.now(),
            pid: std::process::id(),
            thread: std::thread::current().name().unwrap_or("main").into(),
            incarnation: 1,
            restarts: 0,
        };
        let mut info = Info::new(me);
        info.system = sys::usage();
        info.children = self.children.values().map(Child::info).collect();
        info
    }
}

impl Child {
    pub(super) fn info(&self) -> ActorInfo {
        let known = self.info.as_ref().map(|info| &info.actor);
        ActorInfo {
            name: self.address.label(),
            id: self.address.id(),
            kind: Some(self.request.params.kind),
            state: self.state,
            uptime: if self.state.is_live() { self.began.elapsed() } else { Duration::ZERO },
            pid: self.place.pid().unwrap_or_else(std::process::id),
            thread: known.map_or_else(String::new, |actor| actor.thread.clone()),
            incarnation: self.incarnation,
            restarts: self.incarnation.saturating_sub(1),
        }
    }
}

/// The pairs of processes that have a connection.
pub(super) type Connected = HashSet<(u32, u32)>;

/// Forgets the connections of a process that has ended.
pub(super) fn forget(connected: &mut Connected, process: u32) {
    connected.retain(|(a, b)| *a != process && *b != process);
}

/// Ends `main`'s body where it next awaits.
pub(super) fn end_main(lane: &super::child::Lane) {
    let verb = Verb::Internal(Internal::End { reason: crate::exit::ExitReason::Shutdown, now: true });
    lane.say(verb);
}

pub(super) fn no_tasks_here() -> SpawnError {
    SpawnError::Invalid("a task actor lives on its spawner's loop, and the arbiter's runs none".into())
}
