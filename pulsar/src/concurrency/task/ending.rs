//! The end of a loop, which is that of its task actors.

use super::Keeper;
use crate::command::Internal;
use crate::concurrency::manager::tell_arbiter;
use crate::error::SpawnError;
use crate::exit::ExitReason;
use crate::id::State;
use crate::link::announce;
use crate::node::node;
use crate::supervise::Machine;

/// How many turns of the loop its actors are given to end with it.
const MAX_TURNS: u32 = 100;

impl Keeper {
    /// The loop ends, and its task actors with it.
    pub(crate) async fn end(&self) {
        // None is started again.
        *self.machine.borrow_mut() = Machine::new(1);
        let live = || self.children.borrow().values().filter_map(|child| child.core.clone()).collect::<Vec<_>>();
        for core in live() {
            core.stop(ExitReason::OwnerEnded);
            core.end_now();
        }
        // They end where they await: what they owe is answered with the reason.
        for _ in 0..MAX_TURNS {
            if live().iter().all(|core| core.state.get() == State::Closed) {
                break;
            }
            tokio::task::yield_now().await;
        }
        let children = std::mem::take(&mut *self.children.borrow_mut());
        for (id, child) in children {
            if let Some(core) = &child.core {
                core.mailbox.close(&ExitReason::OwnerEnded);
            }
            if let Some(node) = node() {
                node.remove(id, ExitReason::OwnerEnded);
                if child.common.params.name.is_some() && !node.is_master() {
                    tell_arbiter(Internal::Release(id));
                }
            }
            announce(&child.address);
            self.fail(child.spawning, SpawnError::Failed { reason: ExitReason::OwnerEnded });
            child.stopped.into_iter().for_each(|reply| reply.value(()));
        }
        self.orders.end().into_iter().for_each(|order| order.reply.value(()));
    }
}
