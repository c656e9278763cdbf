//! The loop of a thread: a current-thread runtime, its deadlines, its task actors, its pending writes.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Instant;

use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

use super::sys;
use super::task::Keeper;
use crate::command::SpawnRequest;
use crate::error::SpawnError;
use crate::host::{self, Flush, Host, Spawned};
use crate::timers::{self, LoopTimers};

/// One thread's loop.
pub(crate) struct Loop {
    keeper: Rc<Keeper>,
    dirty: RefCell<Vec<Arc<dyn Flush>>>,
    flusher: RefCell<Option<Waker>>,
}

impl Host for Loop {
    fn spawn_task(&self, request: SpawnRequest) -> Result<Spawned, SpawnError> {
        self.keeper.spawn(request)
    }

    fn flush_soon(&self, flush: Arc<dyn Flush>) {
        let mut dirty = self.dirty.borrow_mut();
        if dirty.iter().any(|known| std::ptr::addr_eq(Arc::as_ptr(known), Arc::as_ptr(&flush))) {
            return;
        }
        dirty.push(flush);
        drop(dirty);
        if let Some(waker) = self.flusher.borrow_mut().take() {
            waker.wake();
        }
    }
}

/// Makes the runtime of a loop.
pub(crate) fn runtime() -> io::Result<Runtime> {
    // Not the standard library's answer: that reads a handful of files, in each child before it is ready.
    let workers = sys::cores();
    Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(workers.max(2))
        .thread_name("pulsar-executor")
        .build()
}

/// Runs `body` on a loop of this thread until it is done.
pub(crate) fn run<T>(runtime: Runtime, body: impl Future<Output = T>) -> T {
    let timers = Rc::new(LoopTimers::default());
    let local = Rc::new(LocalSet::new());
    let keeper = Keeper::new(Rc::downgrade(&local));
    let this = Rc::new(Loop { keeper: keeper.clone(), dirty: RefCell::default(), flusher: RefCell::new(None) });
    timers::install(Some(timers.clone()));
    host::install(Some(this.clone()));
    let output = local.block_on(&runtime, async {
        tokio::task::spawn_local(drive_deadlines(timers));
        tokio::task::spawn_local(flush_dirty(this.clone()));
        tokio::task::spawn_local(keeper.clone().drive());
        let output = body.await;
        keeper.end().await;
        output
    });
    // What still runs on the loop is dropped here, while the loop's services exist.
    drop(local);
    this.flush();
    host::install(None);
    timers::install(None);
    // Work of an executor, or a read of standard input, that is not done must not keep the actor from ending.
    runtime.shutdown_background();
    output
}

impl Loop {
    fn flush(&self) {
        let dirty = std::mem::take(&mut *self.dirty.borrow_mut());
        for flush in dirty {
            flush.flush();
        }
    }
}

/// Waits its turn behind whatever is ready, then writes everything at once.
async fn flush_dirty(this: Rc<Loop>) {
    std::future::poll_fn(|cx| {
        this.flush();
        *this.flusher.borrow_mut() = Some(cx.waker().clone());
        Poll::<()>::Pending
    })
    .await;
}

async fn drive_deadlines(timers: Rc<LoopTimers>) {
    let mut sleep = pin!(tokio::time::sleep(std::time::Duration::ZERO));
    std::future::poll_fn(|cx| {
        loop {
            let Some(next) = timers.expire(Instant::now(), cx.waker()) else { return Poll::<()>::Pending };
            sleep.as_mut().reset(next.into());
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    })
    .await;
}
