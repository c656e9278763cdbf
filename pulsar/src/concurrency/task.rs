//! Task actors: kept by the loop they live on, with the same state machine that the arbiter uses.

mod crash;
mod drive;
mod ending;
mod manager;
mod orders;
mod pulses;
pub(crate) mod watch;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use bytes::Bytes;
use manager::TaskManager;
use orders::{Orders, Request};
use pulses::Pulses;
use tracing::Level;
use watch::Watch;

use super::event_loop::{Lives, begin_on};
use super::manager::tell_arbiter;
use crate::actor::{ActorEntry, AnyActor, Core, Params, find_actor};
use crate::address::{Address, Keeper as _, Route};
use crate::command::{BuiltIn, Internal, Order, SpawnRequest, Verb};
use crate::crash::CrashReport;
use crate::error::{AskError, Failure, SpawnError};
use crate::exit::ExitReason;
use crate::host::Spawned;
use crate::id::{ActorId, IdMap, Incarnation, Kind};
use crate::link::announce;
use crate::node::node;
use crate::plural::count;
use crate::proxy::Proxy;
use crate::recorder::Recorder;
use crate::reply::{AnySlot, Reply, Slot};
use crate::runner::{Birth, Born};
use crate::supervise::{Action, Event, Machine, Phase};
use crate::{duration, report, scope, timers};

/// For how many actors room is made at once, and how much each takes about.
const STRIDE: usize = 32;
const ROOM: usize = 2048;

/// Keeps the task actors of one loop.
pub(crate) struct Keeper {
    this: Weak<Self>,
    lives: Weak<Lives>,
    origin: Instant,
    machine: RefCell<Machine>,
    children: RefCell<IdMap<Box<Child>>>,
    /// What the last that was made had in common with those before: most are as the last.
    params: RefCell<Option<Arc<Params>>>,
    manager: RefCell<Option<Rc<TaskManager>>>,
    pulses: Pulses,
    /// How many there were when room was last made for more.
    most: Cell<usize>,
    queue: RefCell<VecDeque<Event>>,
    /// Room for what the machine says.
    actions: RefCell<Vec<Action>>,
    handling: Cell<bool>,
    driver: RefCell<Option<Waker>>,
    /// When the driver looks again.
    armed: Cell<Option<Instant>>,
    orders: Arc<Orders>,
    watch: Arc<Watch>,
}

struct Child {
    params: Arc<Params>,
    specification: Bytes,
    entry: &'static ActorEntry,
    address: Arc<Address>,
    core: Option<Rc<Core>>,
    spawned: Option<Spawned>,
    stopped: Vec<Reply>,
    /// How the incarnation before ended, if that was no normal end.
    last_crash: Option<Box<CrashReport>>,
    /// The actor on whose behalf it lives: that of the loop.
    owner: ActorId,
}

impl Keeper {
    pub(crate) fn new(lives: Weak<Lives>) -> Rc<Self> {
        let seed = u64::from(std::process::id()) << 32 | u64::from(Instant::now().elapsed().subsec_nanos());
        Rc::new_cyclic(|this| Self {
            this: this.clone(),
            lives: lives.clone(),
            origin: Instant::now(),
            machine: RefCell::new(Machine::new(seed | 1)),
            children: RefCell::default(),
            params: RefCell::default(),
            manager: RefCell::default(),
            pulses: Pulses::default(),
            most: Cell::new(0),
            queue: RefCell::default(),
            actions: RefCell::default(),
            handling: Cell::new(false),
            driver: RefCell::new(None),
            armed: Cell::new(None),
            orders: Arc::default(),
            watch: Watch::new(),
        })
    }

    /// Begins to make a task actor.
    pub(crate) fn spawn(&self, request: SpawnRequest) -> Result<Spawned, SpawnError> {
        let Some(node) = node() else { return Err(SpawnError::Ask(Box::new(Failure::NotRunning))) };
        let Some(entry) = find_actor(&request.actor) else {
            return Err(SpawnError::NotRegistered { actor: request.actor.into_owned() });
        };
        let id = node.new_id();
        let spawned: Spawned = Arc::new(Slot::new());
        let name = request.params.name.clone();
        let taken = || SpawnError::NameTaken { name: name.clone().unwrap_or_default() };
        let address = node.register(id, name.as_deref(), true, entry.fingerprint).map_err(|_| taken())?;
        address.set_keeper(self.orders.clone());
        let owner = scope::with_core(|core| core.id).unwrap_or(ActorId::ARBITER);
        let policy = request.params.policy();
        let child = Child {
            params: self.shared(request.params),
            specification: request.specification,
            entry,
            address,
            core: None,
            spawned: Some(spawned.clone()),
            stopped: Vec::new(),
            last_crash: None,
            owner,
        };
        let mut children = self.children.borrow_mut();
        children.insert(id, Box::new(child));
        let count = children.len();
        drop(children);
        self.stride(count);
        match name {
            // A name is unique in the program: the arbiter knows them all.
            Some(name) if !node.is_master() => {
                let Some(this) = self.this.upgrade() else { return Err(SpawnError::NoLoop) };
                self.on_loop(async move {
                    let arbiter = Proxy::<AnyActor>::from_address(node.arbiter().clone());
                    let verb = Verb::Internal(Internal::Reserve { id, name });
                    match arbiter.built_in(BuiltIn::<(), SpawnError>::new(verb)).await {
                        Ok(()) => this.handle(Event::Add { id, parent: None, policy }),
                        Err(error) => this.refuse(id, error),
                    }
                });
            }
            _ => self.handle(Event::Add { id, parent: None, policy }),
        }
        Ok(spawned)
    }

    /// The parameters, in common with the actor that was made before where they are the same.
    fn shared(&self, params: Params) -> Arc<Params> {
        let mut last = self.params.borrow_mut();
        match &*last {
            Some(known) if **known == params => known.clone(),
            _ => last.insert(Arc::new(params)).clone(),
        }
    }

    /// Has room made for many actors at once: the heap of a thread grows by a page at a time in glibc, with a system call for each.
    fn stride(&self, count: usize) {
        if count > self.most.get() && count.is_multiple_of(STRIDE) {
            self.most.set(count);
            drop(std::hint::black_box(Vec::<u8>::with_capacity(STRIDE * ROOM)));
        }
    }

    /// The same of their managers.
    fn manager(&self, owner: ActorId) -> Rc<TaskManager> {
        let mut last = self.manager.borrow_mut();
        match &*last {
            Some(known) if known.owner() == owner => known.clone(),
            _ => last.insert(Rc::new(TaskManager::new(self.this.clone(), owner))).clone(),
        }
    }

    fn refuse(&self, id: ActorId, error: AskError<SpawnError>) {
        let child = self.children.borrow_mut().remove(&id);
        if let (Some(child), Some(node)) = (child, node()) {
            node.remove(id, ExitReason::StartFailed(error.to_string()));
            if let Some(spawned) = child.spawned {
                answer(&spawned, Err(error.into()));
            }
        }
    }

    /// Lets the machine decide, and does what it says. Events that arise meanwhile wait their turn.
    pub(crate) fn handle(&self, event: Event) {
        if self.handling.replace(true) {
            return self.queue.borrow_mut().push_back(event);
        }
        let _done = Done(&self.handling);
        let mut actions = self.actions.take();
        let mut next = Some(event);
        while let Some(event) = next {
            let now = timers::now();
            self.watch.beat(now);
            self.machine.borrow_mut().handle(now.saturating_duration_since(self.origin), event, &mut actions);
            actions.drain(..).for_each(|action| self.perform(action));
            next = self.queue.borrow_mut().pop_front();
        }
        self.actions.replace(actions);
        let next = self.machine.borrow().next_timer();
        self.look_at(next.and_then(|next| self.origin.checked_add(next)));
    }

    fn perform(&self, action: Action) {
        match action {
            Action::Start { id, incarnation } => self.start(id, incarnation),
            Action::RequestStop { id, .. } | Action::Terminate { id, .. } => {
                self.with_core(id, |core| core.stop(ExitReason::Shutdown));
            }
            // A task cannot be taken from a loop that does not come back: it ends where it next awaits.
            Action::Abort { id, .. } | Action::Kill { id, .. } => self.with_core(id, |core| {
                core.stop(ExitReason::Shutdown);
                core.end_now();
            }),
            // Why it ended, its crash report has said.
            Action::Restarting { id, delay, restarts, .. } => {
                let then = duration::until_then(delay);
                let text = format!("{} is started again {then}: restart {restarts}", self.label(id));
                report::say(Level::WARN, &text);
                if let Some(child) = self.children.borrow().get(&id) {
                    announce(&child.address);
                }
            }
            Action::Parked { id, reason, restarts } => {
                let (label, times) = (self.label(id), count(restarts, "restart"));
                let text = format!("gave up {label} after {times}: it {reason}; parked until it is reset");
                report::say(Level::ERROR, &text);
                if let Some(child) = self.children.borrow().get(&id) {
                    child.address.set_route(Route::Gone(ExitReason::GaveUp { restarts, last: Box::new(reason) }));
                    announce(&child.address);
                }
            }
            Action::Removed { id, reason } => self.removed(id, reason),
            Action::Drain { .. }
            | Action::Hire { .. }
            | Action::Up { .. }
            | Action::Down { .. }
            | Action::Replaced { .. }
            | Action::Refused { .. }
            | Action::GaveUp { .. } => {}
        }
    }

    fn start(&self, id: ActorId, incarnation: Incarnation) {
        let Some(this) = self.this.upgrade() else { return };
        let Born { core, mut life } = {
            let mut children = self.children.borrow_mut();
            let Some(child) = children.get_mut(&id) else { return };
            let born = (child.entry.bear)(Birth {
                address: child.address.clone(),
                kind: Some(Kind::Task),
                incarnation,
                params: child.params.clone(),
                specification: child.specification.clone(),
                manager: self.manager(child.owner),
                recorder: Recorder::own(),
                last_crash: child.last_crash.clone(),
            });
            child.core = Some(born.core.clone());
            born
        };
        if self.watch.keep() && node().is_some_and(|node| node.is_master()) {
            tell_arbiter(Internal::Watch);
        }
        self.on_loop(async move {
            let ended = poll_fn(|cx| {
                let _with = this.watch.with(&core);
                life.as_mut().poll(cx)
            })
            .await;
            this.watch.forget();
            this.report(id, &ended);
            this.handle(Event::Exited { id, incarnation, reason: ended.reason });
        });
    }

    fn removed(&self, id: ActorId, reason: ExitReason) {
        let Some(child) = self.children.borrow_mut().remove(&id) else { return };
        let Some(node) = node() else { return };
        node.remove(id, reason.clone());
        announce(&child.address);
        let named = child.params.name.is_some();
        let Child { spawned, stopped, .. } = *child;
        let say = move || {
            if let Some(spawned) = spawned {
                answer(&spawned, Err(SpawnError::Failed { reason }));
            }
            stopped.into_iter().for_each(|reply| reply.value(()));
        };
        if !named || node.is_master() {
            return say();
        }
        // Whoever hears that it is gone finds its name free.
        self.on_loop(async move {
            let arbiter = Proxy::<AnyActor>::from_address(node.arbiter().clone());
            let released = arbiter.built_in(BuiltIn::<()>::new(Verb::Internal(Internal::Release(id)))).await;
            if let Err(error) = released {
                report::say(Level::WARN, &format!("a name was not released: {error}"));
            }
            say();
        });
    }

    /// Runs a future on this loop, whoever asks: a spawn may be polled within a set of tasks of the user's own.
    fn on_loop(&self, future: impl Future<Output = ()> + 'static) {
        begin_on(&self.lives, future);
    }

    /// Orders something itself: it is done when the loop's turn comes.
    fn order(&self, id: ActorId, order: Order) {
        self.orders.order(id, order, Reply::none());
    }

    fn with_core(&self, id: ActorId, f: impl FnOnce(&Core)) {
        let core = self.children.borrow().get(&id).and_then(|child| child.core.clone());
        if let Some(core) = core {
            f(&core);
        }
    }

    fn label(&self, id: ActorId) -> String {
        self.children.borrow().get(&id).map_or_else(|| id.to_string(), |child| child.address.label())
    }

    fn ready(&self, core: &Core) {
        let spawned = {
            let mut children = self.children.borrow_mut();
            let Some(child) = children.get_mut(&core.id) else { return };
            child.address.set_route(Route::Local { mailbox: core.mailbox.clone(), incarnation: core.incarnation });
            announce(&child.address);
            child.spawned.take()
        };
        self.handle(Event::Ready { id: core.id, incarnation: core.incarnation });
        if let Some(spawned) = spawned {
            answer(&spawned, Ok(core.id));
        }
    }

    /// Does what its own loop orders, at once; gives `reply` back if it keeps no such actor.
    pub(crate) fn order_here(&self, id: ActorId, order: Order, reply: Reply) -> Result<(), Reply> {
        if !self.children.borrow().contains_key(&id) {
            return Err(reply);
        }
        self.obey(Request { id, order, reply });
        Ok(())
    }

    fn obey(&self, request: Request) {
        let Request { id, order, reply } = request;
        if let Order::Reset = order {
            let parked = self.machine.borrow().get(id).is_some_and(|child| child.phase() == Phase::Parked);
            if let Some(child) = self.children.borrow().get(&id).filter(|_| parked) {
                child.address.set_route(Route::Wait);
                announce(&child.address);
            }
            self.handle(Event::Reset { id });
            return reply.value(());
        }
        match self.children.borrow_mut().get_mut(&id) {
            Some(child) => child.stopped.push(reply),
            None => return reply.value(()),
        }
        self.handle(if order == Order::Kill { Event::Kill { id } } else { Event::Stop { id } });
    }
}

/// Lets the next event be handled, whatever became of this one.
struct Done<'a>(&'a Cell<bool>);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// Hands over the outcome of a spawn.
fn answer(spawned: &Spawned, outcome: Result<ActorId, SpawnError>) {
    let slot: Arc<dyn AnySlot> = spawned.clone();
    Reply::to(crate::reply::ReplyTo::Slot(slot)).result(outcome);
}
