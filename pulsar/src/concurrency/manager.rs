//! The manager of an actor that the arbiter looks after, as seen from the actor's own loop: its heartbeat.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use tokio::task::coop::has_budget_remaining;
use tokio::time::{Instant, Sleep, sleep};
use tracing::Level;

use super::sys;
use crate::actor::{AnyActor, Core, Info, Manager, SystemInfo};
use crate::address::MAX_WINDOW;
use crate::command::{BuiltIn, Internal, Order, Verb};
use crate::id::ActorId;
use crate::link::{drains, say_draining, say_leaving};
use crate::node::node;
use crate::proxy::Proxy;
use crate::{report, timers};

/// Ticks at an actor's heartbeat.
#[derive(Default)]
pub(crate) struct Pulse {
    sleep: RefCell<Option<Pin<Box<Sleep>>>>,
    period: Cell<std::time::Duration>,
    /// With which of the runner's wakers the timer was armed.
    armed: Cell<Option<u32>>,
    /// When it last looked at the clock.
    seen: Cell<u64>,
}

impl Pulse {
    /// Whether a period has gone by.
    pub(crate) fn poll(&self, core: &Core, cx: &mut TaskContext<'_>) -> Poll<()> {
        let period = core.heartbeat.get();
        let mut sleep_slot = self.sleep.borrow_mut();
        let timer = sleep_slot.get_or_insert_with(|| {
            self.period.set(period);
            Box::pin(sleep(period))
        });
        if self.period.replace(period) != period {
            timer.as_mut().reset(Instant::now() + period);
            self.armed.set(None);
        }
        // The loop's clock stands still while a handler holds the loop: a period may have gone by all the same.
        let due = timer.is_elapsed() || timers::lately(&self.seen) >= timer.deadline().into_std();
        if !due && (self.armed.get() == Some(core.wakers()) || self.arm(timer, core, cx)) {
            return Poll::Pending;
        }
        timer.as_mut().reset(Instant::now() + period);
        // So that whoever was polled is woken for the next.
        self.arm(timer, core, cx);
        Poll::Ready(())
    }

    /// Has the runner woken when the time has come. False if it has come already.
    fn arm(&self, timer: &mut Pin<Box<Sleep>>, core: &Core, cx: &mut TaskContext<'_>) -> bool {
        // A task that has used up its share is woken at once, and its timer left alone.
        let can = has_budget_remaining();
        let waits = timer.as_mut().poll(cx).is_pending();
        self.armed.set((can && waits).then(|| core.wakers()));
        waits
    }
}

/// How long after its handshake an actor says what it uses.
const DESCRIBED: std::time::Duration = std::time::Duration::from_millis(20);

/// Speaks to the arbiter for an actor, from its own loop.
pub(crate) struct ArbiterManager {
    /// Who is above it: the arbiter, a supervisor or a monitor, which all live in the arbiter.
    above: ActorId,
    pulse: Pulse,
    /// Its handshake has gone out.
    introduced: Cell<bool>,
    /// When it says more of itself than the handshake did.
    described: RefCell<Option<Pin<Box<Sleep>>>>,
    /// Of one that drains: the processes that may still send it something.
    senders: RefCell<Vec<u32>>,
}

impl ArbiterManager {
    pub(crate) fn new(above: ActorId) -> Self {
        Self {
            above,
            pulse: Pulse::default(),
            introduced: Cell::new(false),
            described: RefCell::default(),
            senders: RefCell::default(),
        }
    }
}

impl Manager for ArbiterManager {
    fn notify(&self, core: &Core) {
        let window = core.params.mailbox.min(MAX_WINDOW);
        // Whoever waits for it, and for its first answer, does not wait for a look into `/proc`.
        let system = if self.introduced.replace(true) {
            self.system()
        } else {
            *self.described.borrow_mut() = Some(Box::pin(sleep(DESCRIBED)));
            None
        };
        let info = Some(Box::new(Info { system, ..core.info() }));
        tell_arbiter(Internal::Notify { id: core.id, incarnation: core.incarnation, window, info });
    }

    fn poll_tick(&self, core: &Core, cx: &mut TaskContext<'_>) -> Poll<()> {
        let describes = |sleep: &mut Pin<Box<Sleep>>| sleep.as_mut().poll(cx).is_ready();
        if self.described.borrow_mut().as_mut().is_some_and(describes) {
            self.described.take();
            self.notify(core);
        }
        let tick = self.pulse.poll(core, cx);
        if tick.is_ready() {
            self.notify(core);
        }
        tick
    }

    fn drain(&self, core: &Core) {
        // In this order: what arrives is always taken, and whoever asks from now on is led elsewhere, or told below.
        drains::begin(core.id, core.incarnation, core.mailbox.clone());
        core.address.lose(core.incarnation);
        *self.senders.borrow_mut() = say_draining(core.id, core.incarnation);
    }

    fn left(&self, process: u32) {
        self.senders.borrow_mut().retain(|&sender| sender != process);
    }

    fn is_left(&self) -> bool {
        self.senders.borrow().is_empty()
    }

    fn leaving(&self, core: &Core) {
        drains::end(core.id);
        say_leaving(&core.address, core.incarnation);
    }

    fn stop_requested(&self, core: &Core) {
        tell_arbiter(Internal::Order { id: core.id, order: Order::Stop });
    }

    fn timeout_changed(&self, core: &Core) {
        tell_arbiter(Internal::Timeout { id: core.id, timeout: core.timeout.get() });
    }

    fn address(&self) -> ActorId {
        self.above
    }

    fn system(&self) -> Option<SystemInfo> {
        sys::usage()
    }
}

/// Says something to the arbiter that needs no answer. Its control lane always has room.
pub(crate) fn tell_arbiter(message: Internal) {
    let Some(node) = node() else { return };
    let arbiter = Proxy::<AnyActor>::from_address(node.arbiter().clone());
    let told = arbiter.built_in(BuiltIn::<()>::new(Verb::Internal(message))).try_tell();
    if let Err(error) = told {
        report::note(Level::DEBUG, format!("the arbiter was not told: {error}"));
    }
}
