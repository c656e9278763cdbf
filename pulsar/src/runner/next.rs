//! What an incarnation finds in its mailbox: the next message at hand, the next built-in command.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::Context as TaskContext;

use crate::actor::Core;
use crate::mailbox::{ControlItem, Item, Receiver};

/// Puts the next message into `slot`, if one is at hand and nothing else is to be done first.
#[inline]
pub(super) fn is_next_at_hand<M: Send + 'static>(
    core: &Core,
    mailbox: &RefCell<Receiver<M>>,
    slot: &mut Option<Item<M>>,
) -> bool {
    let mut mailbox = mailbox.borrow_mut();
    core.only_handles() && !mailbox.is_called() && mailbox.next_at_hand(slot)
}

/// The next built-in command, if there is one. With a task, the next to arrive wakes it.
pub(super) fn next_control<M: Send + 'static>(
    mailbox: &Rc<RefCell<Receiver<M>>>,
    task: Option<&TaskContext<'_>>,
) -> Option<ControlItem> {
    mailbox.borrow_mut().next_control(task.map(TaskContext::waker))
}
