//! The life of `main`: a future of its own beside the control lane.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use super::{control, next_control};
use crate::actor::{Core, NoMessage};
use crate::exit::ExitReason;
use crate::id::State;
use crate::mailbox::Receiver;

/// The life of something that has no messages and no hooks beside a future of its own: the body of `main`.
pub(crate) async fn live_beside(
    core: Rc<Core>,
    mailbox: Rc<RefCell<Receiver<NoMessage>>>,
    body: impl Future<Output = ExitReason>,
) -> ExitReason {
    core.state.set(State::Running);
    core.manager.notify(&core);
    let mut body = pin!(body);
    let mut known = None;
    poll_fn(|task| {
        if let Poll::Ready(reason) = body.as_mut().poll(task) {
            return Poll::Ready(reason);
        }
        core.poll_tasks(task);
        // Its body is polled more often than somebody calls.
        if known != Some(core.wakers()) || mailbox.borrow().is_called() {
            known = Some(core.wakers());
            while let Some(item) = next_control(&mailbox, Some(task)) {
                control::answer(&core, item, None);
            }
            let mut slot = None;
            if mailbox.borrow_mut().poll_next(task.waker(), &mut slot) {
                known = None;
                task.waker().wake_by_ref();
            }
            if let Some(item) = slot {
                control::open_or_refuse(&core, &mailbox, item);
            }
        }
        match core.stop_requested() {
            Some(reason) => Poll::Ready(reason),
            None => Poll::Pending,
        }
    })
    .await
}
