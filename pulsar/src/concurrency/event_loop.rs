//! The loop of a thread: a current-thread runtime, its lives, its deadlines, its task actors, its pending writes.

mod lives;
mod spin;

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::Bytes;
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
use tokio::sync::oneshot;
use tokio::task::coop::has_budget_remaining;

pub(crate) use lives::{Lives, begin_here, begin_now_on, begin_on};
pub(crate) use spin::setting as spin_setting;

use lives::Polled;
use spin::{Next, Spinner};

use super::sys;
use super::task::Keeper;
use crate::actor::Params;
use crate::command::Order;
use crate::error::SpawnError;
use crate::host::{self, Begun, Flush, Host};
use crate::id::ActorId;
use crate::reply::Reply;
use crate::timers::{self, LoopTimers};

/// How often it is looked whether others have woken something before the rest of the loop has a turn.
const LOOKS: usize = 16;

/// One thread's loop.
pub(crate) struct Loop {
    lives: Weak<Lives>,
    keeper: Rc<Keeper>,
    dirty: RefCell<Vec<Arc<dyn Flush>>>,
    flusher: RefCell<Option<Waker>>,
}

impl Host for Loop {
    fn spawn_task(&self, actor: &str, specification: Bytes, params: &Params) -> Result<Begun, SpawnError> {
        self.keeper.spawn(actor, specification, params)
    }

    fn order(&self, id: ActorId, order: Order, reply: Reply) -> Result<(), Reply> {
        self.keeper.order_here(id, order, reply)
    }

    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()>>>) {
        begin_on(&self.lives, task);
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
pub(crate) fn runtime() -> io::Result<LocalRuntime> {
    // Not the standard library's answer: that reads a handful of files, in each child before it is ready.
    let workers = sys::cores();
    Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(workers.max(2))
        .thread_name("pulsar-executor")
        .build_local(LocalOptions::default())
}

/// Runs `body` on a loop of this thread until it is done.
pub(crate) fn run<T: 'static>(runtime: LocalRuntime, body: impl Future<Output = T> + 'static) -> T {
    let timers = LoopTimers::new();
    let lives = Rc::new(Lives::default());
    let keeper = Keeper::new(Rc::downgrade(&lives));
    let this = Rc::new(Loop {
        lives: Rc::downgrade(&lives),
        keeper: keeper.clone(),
        dirty: RefCell::default(),
        flusher: RefCell::new(None),
    });
    timers::install(Some(timers.clone()));
    host::install(Some(this.clone()));
    host::rest_like(spin::rest);
    lives::install(Some(lives.clone()));
    runtime.spawn_local(drive_deadlines(timers));
    runtime.spawn_local(flush_dirty(this.clone()));
    runtime.spawn_local(keeper.clone().drive());
    // A life like any other: what the runtime itself waits for is polled only after a look at all descriptors and timers.
    let (done, ended) = oneshot::channel();
    let mut body = Box::pin(body);
    lives.begin(async move {
        let output = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| body.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(panic) => Poll::Ready(Err(panic)),
        });
        let output = output.await;
        keeper.end().await;
        let _ = done.send(output);
    });
    let (polled, spinner) = (lives.clone(), Spinner::from_env());
    runtime.spawn_local(poll_fn(move |cx| {
        drive(&polled, &spinner, cx);
        Poll::<()>::Pending
    }));
    let output = runtime.block_on(async {
        let output = ended.await;
        // What still runs on the loop is dropped here, while the loop's services exist.
        lives.end();
        output
    });
    // Work of an executor, or a read of standard input, that is not done must not keep the actor from ending.
    runtime.shutdown_background();
    this.flush();
    lives::install(None);
    host::install(None);
    timers::install(None);
    match output {
        Ok(Ok(output)) => output,
        Ok(Err(panic)) => resume_unwind(panic),
        Err(error) => resume_unwind(Box::new(error)),
    }
}

/// Polls the lives that were woken. Then waits for others to be: awake, in turn with the rest of the loop, or asleep.
fn drive(lives: &Lives, spinner: &Spinner, cx: &mut Context<'_>) {
    for _ in 0..LOOKS {
        if lives.are_called() {
            spinner.called();
        }
        if lives.poll(cx, || host::is_pressed() || !has_budget_remaining()) == Polled::Part {
            return;
        }
        match spinner.wait(|| lives.is_rung(), host::is_pressed()) {
            Next::Look => {}
            Next::Pass => return cx.waker().wake_by_ref(),
            Next::Turn => break,
            Next::Sleep if lives.sleep() => return,
            Next::Sleep => {}
        }
    }
    // Unlike a task that wakes itself, one that yields has tokio look at sockets and timers first.
    let _ = pin!(tokio::task::yield_now()).poll(cx);
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
    poll_fn(|cx| {
        this.flush();
        *this.flusher.borrow_mut() = Some(cx.waker().clone());
        Poll::<()>::Pending
    })
    .await;
}

async fn drive_deadlines(timers: Rc<LoopTimers>) {
    let mut sleep = pin!(tokio::time::sleep(std::time::Duration::ZERO));
    poll_fn(|cx| {
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
