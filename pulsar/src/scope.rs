//! What is running on this thread: the actor, the deadline that its handler inherited, and the loop beneath.
//!
//! Set at each poll, so that nested asks and `current()` find them without being handed anything.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Instant;

use crate::actor::Core;

thread_local! {
    static CORE: RefCell<Option<Rc<Core>>> = const { RefCell::new(None) };
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Runs `f` with the actor that is running on this thread, if one is.
#[inline]
pub(crate) fn with_core<R>(f: impl FnOnce(&Rc<Core>) -> R) -> Option<R> {
    // During thread exit the scope is gone, and so is the actor.
    CORE.try_with(|core| core.try_borrow().ok().and_then(|core| core.as_ref().map(f))).ok().flatten()
}

/// The actor that is running on this thread.
pub(crate) fn core() -> Option<Rc<Core>> {
    with_core(Rc::clone)
}

/// The deadline of the message that is being handled on this thread.
#[inline]
pub(crate) fn deadline() -> Option<Instant> {
    DEADLINE.with(Cell::get)
}

/// Runs `f` as the actor `core`.
#[inline]
pub(crate) fn enter<R>(core: &Rc<Core>, f: impl FnOnce() -> R) -> R {
    entered(Some(core.clone()), f)
}

#[inline]
fn entered<R>(core: Option<Rc<Core>>, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<Rc<Core>>);
    impl Drop for Restore {
        #[inline]
        fn drop(&mut self) {
            let before = self.0.take();
            let _ = CORE.try_with(|core| core.replace(before));
        }
    }
    let _restore = Restore(CORE.with(|current| current.replace(core)));
    f()
}

/// Runs `f` as what runs on the loop itself: on behalf of no actor, under no deadline.
pub(crate) fn outside<R>(f: impl FnOnce() -> R) -> R {
    entered(None, || under(None, f))
}

/// Runs `f` under the deadline of a message.
#[inline]
pub(crate) fn under<R>(deadline: Option<Instant>, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<Instant>);
    impl Drop for Restore {
        #[inline]
        fn drop(&mut self) {
            DEADLINE.with(|deadline| deadline.set(self.0));
        }
    }
    let _restore = Restore(DEADLINE.with(|current| current.replace(deadline)));
    f()
}
