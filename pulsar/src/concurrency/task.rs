//! Task actors: kept by the loop they live on, with the same state machine that the arbiter uses.

mod crash;
mod drive;
mod ending;
mod manager;
mod nursery;
mod orders;
mod pulses;
pub(crate) mod watch;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use bytes::Bytes;
use nursery::Common;
use orders::{Orders, Request};
use pulses::Pulses;
use tracing::Level;
use watch::Watch;

use super::event_loop::{Lives, begin_on};
use crate::actor::{AnyActor, Core};
use crate::address::{Address, Keeper as _, Route};
use crate::command::{BuiltIn, Internal, Order, Verb};
use crate::crash::CrashReport;
use crate::error::SpawnError;
use crate::exit::ExitReason;
use crate::host::Spawned;
use crate::id::{ActorId, IdMap, Incarnation};
use crate::link::announce;
use crate::node::node;
use crate::plural::count;
use crate::proxy::Proxy;
use crate::reply::{AnySlot, Reply};
use crate::runner::Ended;
use crate::supervise::{Action, Event, Machine, Phase, Policy};
use crate::{duration, report, timers};

/// Keeps the task actors of one loop.
pub(crate) struct Keeper {
    this: Weak<Self>,
    lives: Weak<Lives>,
    origin: Instant,
    machine: RefCell<Machine>,
    children: RefCell<IdMap<Box<Child>>>,
    /// What the last that was made had in common with those before: most are as the last.
    common: RefCell<Option<Rc<Common>>>,
    /// The one that is being made, of which the machine has not heard.
    newborn: Cell<Option<ActorId>>,
    /// Whether one is being made now.
    bearing: Cell<bool>,
    /// Why it could not be.
    refused: Cell<Option<SpawnError>>,
    /// How many were ready at once in this turn of the loop, and which that is.
    brood: Cell<u32>,
    turn: Cell<u32>,
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
    common: Rc<Common>,
    specification: Bytes,
    address: Arc<Address>,
    core: Option<Rc<Core>>,
    spawning: Spawning,
    stopped: Vec<Reply>,
    /// How the incarnation before ended, if that was no normal end.
    last_crash: Option<Box<CrashReport>>,
}

/// How whoever spawned an actor hears what became of that.
enum Spawning {
    /// It is being made, and whoever spawns it is polled meanwhile.
    Now,
    Later(Spawned),
    /// It was ready.
    Done,
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
            common: RefCell::default(),
            newborn: Cell::new(None),
            bearing: Cell::new(false),
            refused: Cell::new(None),
            brood: Cell::new(0),
            turn: Cell::new(0),
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

    /// Lets the machine decide, and does what it says. Events that arise meanwhile wait their turn.
    pub(crate) fn handle(&self, event: Event) {
        self.confirm();
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
        self.look_at_next();
    }

    /// Tells the machine of one that was ready as soon as it was made.
    fn adopt(&self, id: ActorId, policy: Arc<Policy>) {
        // Its hook may have taken long: from now on it may be silent for so long, and so may whoever spawned it.
        let now = timers::now();
        self.watch.beat(now);
        self.machine.borrow_mut().adopt(now.saturating_duration_since(self.origin), id, policy);
        self.look_at_next();
    }

    fn look_at_next(&self) {
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
        // The first of one that was made at once.
        let begun = self.children.borrow().get(&id).is_some_and(|child| child.core.is_some());
        if (incarnation > 1 || !begun)
            && let Some(born) = self.bear(id, incarnation)
        {
            begin_on(&self.lives, born.life);
        }
    }

    /// An incarnation has ended.
    fn ended(&self, core: &Core, ended: Ended) {
        self.watch.forget();
        self.report(core.id, &ended);
        self.handle(Event::Exited { id: core.id, incarnation: core.incarnation, reason: ended.reason });
    }

    fn removed(&self, id: ActorId, reason: ExitReason) {
        let Some(child) = self.children.borrow_mut().remove(&id) else { return };
        let Some(node) = node() else { return };
        node.remove(id, reason.clone());
        announce(&child.address);
        let named = child.common.params.name.is_some();
        let Child { spawning, stopped, .. } = *child;
        if !named || node.is_master() {
            self.fail(spawning, SpawnError::Failed { reason });
            return stopped.into_iter().for_each(|reply| reply.value(()));
        }
        let Some(this) = self.this.upgrade() else { return };
        // Whoever hears that it is gone finds its name free.
        self.on_loop(async move {
            let arbiter = Proxy::<AnyActor>::from_address(node.arbiter().clone());
            let released = arbiter.built_in(BuiltIn::<()>::new(Verb::Internal(Internal::Release(id)))).await;
            if let Err(error) = released {
                report::say(Level::WARN, &format!("a name was not released: {error}"));
            }
            this.fail(spawning, SpawnError::Failed { reason });
            stopped.into_iter().for_each(|reply| reply.value(()));
        });
    }

    /// Runs a future on this loop, whoever asks: a spawn may be polled within a set of tasks of the user's own.
    fn on_loop(&self, future: impl Future<Output = ()> + 'static) {
        begin_on(&self.lives, Box::pin(future));
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
