//! What a loop does for whatever runs on it, as the floors below the loop see it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::command::SpawnRequest;
use crate::error::SpawnError;
use crate::id::ActorId;
use crate::reply::Slot;

/// Where the outcome of a task actor's spawn arrives.
pub(crate) type Spawned = Arc<Slot<ActorId, SpawnError>>;

/// Something with bytes to write.
pub(crate) trait Flush: Send + Sync {
    fn flush(&self);
}

/// A loop.
pub(crate) trait Host {
    /// Makes a task actor on this loop.
    fn spawn_task(&self, request: SpawnRequest) -> Result<Spawned, SpawnError>;
    /// Flushes once everything that is ready on this loop has had its turn, so that one write carries it all.
    fn flush_soon(&self, flush: Arc<dyn Flush>);
}

thread_local! {
    static HOST: RefCell<Option<Rc<dyn Host>>> = const { RefCell::new(None) };
}

pub(crate) fn install(host: Option<Rc<dyn Host>>) {
    HOST.with(|here| *here.borrow_mut() = host);
}

/// Makes this thread one without a loop, until the guard is dropped.
pub(crate) fn set_aside() -> impl Drop {
    struct Restore(Option<Rc<dyn Host>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            install(self.0.take());
        }
    }
    let host = here();
    install(None);
    Restore(host)
}

fn here() -> Option<Rc<dyn Host>> {
    HOST.try_with(|host| host.borrow().clone()).ok().flatten()
}

/// Makes a task actor on this thread's loop; `None` if it has none.
pub(crate) fn spawn_task(request: SpawnRequest) -> Option<Result<Spawned, SpawnError>> {
    here().map(|host| host.spawn_task(request))
}

/// Flushes at the end of this loop's turn, or now where there is no loop.
pub(crate) fn flush_soon(flush: Arc<dyn Flush>) {
    match here() {
        Some(host) => host.flush_soon(flush),
        None => flush.flush(),
    }
}
