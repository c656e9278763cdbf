//! What a loop does for whatever runs on it, as the floors below the loop see it.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::actor::Params;
use crate::address::Address;
use crate::command::Order;
use crate::error::SpawnError;
use crate::id::ActorId;
use crate::reply::{Reply, Slot};

/// Where the outcome of a task actor's spawn arrives.
pub(crate) type Spawned = Arc<Slot<ActorId, SpawnError>>;

/// How far the spawn of a task actor has come.
pub(crate) enum Begun {
    /// It is ready already. Whoever makes many at once is to let the rest of the loop have a turn where they are `many`.
    Ready { address: Arc<Address>, many: bool },
    /// Its `start` hook awaits something.
    Waiting { address: Arc<Address>, outcome: Spawned },
}

/// Something with bytes to write.
pub(crate) trait Flush: Send + Sync {
    fn flush(&self);
}

/// A loop.
pub(crate) trait Host {
    /// Makes a task actor on this loop, and runs it as far as it goes.
    fn spawn_task(&self, actor: &str, specification: Bytes, params: &Params) -> Result<Begun, SpawnError>;
    /// Carries out an order about a task actor of this loop; gives `reply` back if it has no such actor.
    fn order(&self, id: ActorId, order: Order, reply: Reply) -> Result<(), Reply>;
    /// Runs a task on this loop, beside what it runs anyway.
    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()>>>);
    /// Flushes once everything that is ready on this loop has had its turn, so that one write carries it all.
    fn flush_soon(&self, flush: Arc<dyn Flush>);
}

thread_local! {
    /// Whether the rest of this thread's loop is waited for.
    static PRESSED: Cell<bool> = const { Cell::new(false) };
    static HOST: RefCell<Option<Rc<dyn Host>>> = const { RefCell::new(None) };
    static LOOP: Cell<LoopId> = const { Cell::new(NO_LOOP) };
    /// How many messages have been taken on this thread, and how many answers.
    static TAKEN: Cell<usize> = const { Cell::new(0) };
}

/// Tells the loops of a process apart.
pub(crate) type LoopId = u64;

/// The number of no loop.
pub(crate) const NO_LOOP: LoopId = 0;

/// The loop of this thread.
pub(crate) fn loop_id() -> LoopId {
    LOOP.try_with(Cell::get).unwrap_or(NO_LOOP)
}

pub(crate) fn install(host: Option<Rc<dyn Host>>) {
    static NEXT: AtomicU64 = AtomicU64::new(NO_LOOP + 1);
    let number = if host.is_some() { NEXT.fetch_add(1, Ordering::Relaxed) } else { NO_LOOP };
    LOOP.with(|here| here.set(number));
    HOST.with(|here| *here.borrow_mut() = host);
}

/// Makes this thread one without a loop, until the guard is dropped.
pub(crate) fn set_aside() -> impl Drop {
    struct Restore(Option<Rc<dyn Host>>, LoopId);
    impl Drop for Restore {
        fn drop(&mut self) {
            HOST.with(|here| *here.borrow_mut() = self.0.take());
            LOOP.with(|here| here.set(self.1));
        }
    }
    let restore = Restore(here(), loop_id());
    install(None);
    restore
}

fn here() -> Option<Rc<dyn Host>> {
    HOST.try_with(|host| host.borrow().clone()).ok().flatten()
}

/// Makes a task actor on this thread's loop.
pub(crate) fn spawn_task(actor: &str, specification: Bytes, params: &Params) -> Result<Begun, SpawnError> {
    here().ok_or(SpawnError::NoLoop)?.spawn_task(actor, specification, params)
}

/// Carries out an order about a task actor of this thread's loop; gives `reply` back if there is no such actor.
pub(crate) fn order(id: ActorId, order: Order, reply: Reply) -> Result<(), Reply> {
    match here() {
        Some(host) => host.order(id, order, reply),
        None => Err(reply),
    }
}

/// Runs a task on this thread's loop, if it has one.
pub(crate) fn spawn(task: Pin<Box<dyn Future<Output = ()>>>) {
    if let Some(host) = here() {
        host.spawn(task);
    }
}

/// Gives the rest of this loop a turn once the actors that are ready have had theirs.
pub(crate) fn give_way() {
    let _ = PRESSED.try_with(|pressed| pressed.set(true));
}

/// Whether somebody has given way since this was asked last.
#[inline]
pub(crate) fn is_pressed() -> bool {
    PRESSED.try_with(|pressed| pressed.replace(false)).unwrap_or(false)
}

/// How a thread that has no loop, or lets it stand still, waits.
static REST: OnceLock<fn(&dyn Fn() -> bool)> = OnceLock::new();

/// Has threads without loops wait like this.
pub(crate) fn rest_like(rest: fn(&dyn Fn() -> bool)) {
    let _ = REST.set(rest);
}

/// Waits until it is `over`; whoever makes it so unparks this thread then.
pub(crate) fn rest(over: &dyn Fn() -> bool) {
    if let Some(rest) = REST.get() {
        return rest(over);
    }
    while !over() {
        std::thread::park();
    }
}

/// So many messages or answers were taken together.
pub(crate) fn count_taken(count: usize) {
    let _ = TAKEN.try_with(|taken| taken.set(taken.get().wrapping_add(count)));
}

/// How many messages and answers were taken on this thread since this was asked last.
pub(crate) fn taken() -> usize {
    TAKEN.try_with(|taken| taken.replace(0)).unwrap_or(0)
}

/// Flushes at the end of this loop's turn, or now where there is no loop.
pub(crate) fn flush_soon(flush: Arc<dyn Flush>) {
    give_way();
    match here() {
        Some(host) => host.flush_soon(flush),
        None => flush.flush(),
    }
}
