//! The manager of a task actor, as the actor sees it: the keeper of its loop.

use std::rc::Weak;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use super::Keeper;
use super::watch::Watch;
use crate::actor::{Core, Manager, SystemInfo};
use crate::command::Order;
use crate::concurrency::sys;
use crate::id::ActorId;
use crate::link::announce;
use crate::runner::Ended;
use crate::supervise::Event;

/// The manager of the task actors that live on behalf of one actor: the keeper of its loop.
pub(super) struct TaskManager {
    keeper: Weak<Keeper>,
    watch: Arc<Watch>,
    owner: ActorId,
}

impl TaskManager {
    pub(super) fn new(keeper: Weak<Keeper>, watch: Arc<Watch>, owner: ActorId) -> Self {
        Self { keeper, watch, owner }
    }

    pub(super) fn owner(&self) -> ActorId {
        self.owner
    }
}

impl Manager for TaskManager {
    fn notify(&self, core: &Core) {
        if let Some(keeper) = self.keeper.upgrade() {
            keeper.ready(core);
        }
    }

    fn poll_tick(&self, core: &Core, _: &mut TaskContext<'_>) -> Poll<()> {
        self.keeper.upgrade().map_or(Poll::Pending, |keeper| keeper.poll_pulse(core))
    }

    fn leaving(&self, core: &Core) {
        announce(&core.address);
    }

    // Only the workers of pools drain, and those are kept by the arbiter.
    fn drain(&self, _: &Core) {}

    fn left(&self, _: u32) {}

    fn is_left(&self) -> bool {
        true
    }

    fn stop_requested(&self, core: &Core) {
        if let Some(keeper) = self.keeper.upgrade() {
            keeper.order(core.id, Order::Stop);
        }
    }

    fn timeout_changed(&self, core: &Core) {
        if let Some(keeper) = self.keeper.upgrade() {
            let policy = crate::supervise::Policy { timeout: core.timeout.get(), ..core.params.policy() };
            keeper.handle(Event::Policy { id: core.id, policy });
        }
    }

    fn address(&self) -> ActorId {
        self.owner
    }

    fn system(&self) -> Option<SystemInfo> {
        sys::usage()
    }

    fn turn(&self, core: &Core) -> u64 {
        self.watch.turn(core)
    }

    fn turned(&self, turn: u64) {
        self.watch.turned(turn);
    }

    fn ended(&self, core: &Core, ended: Ended) {
        if let Some(keeper) = self.keeper.upgrade() {
            keeper.ended(core, ended);
        }
    }
}
