//! What a panic said, where, and with which backtrace: kept by a hook, for the exit reason.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::RefCell;
use std::panic;
use std::sync::Once;

use crate::exit::{self, ExitReason};
use crate::{report, scope};

thread_local! {
    static LAST: RefCell<Option<ExitReason>> = const { RefCell::new(None) };
}

/// Keeps each panic's message and backtrace beside whatever the hook before did.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let place = info.location().map_or_else(String::new, |place| format!(" at {place}"));
            let backtrace = Backtrace::capture();
            let reason = ExitReason::Panic {
                message: format!("{}{place}", text(info.payload())),
                backtrace: (backtrace.status() == BacktraceStatus::Captured)
                    .then(|| exit::Backtrace::new(backtrace.to_string())),
            };
            let _ = LAST.try_with(|last| last.try_borrow_mut().map(|mut last| *last = Some(reason)));
            // What others write meanwhile comes before or after all of it.
            let _turn = report::turn();
            // The thread's name says nothing of the actor.
            if let Some(Some(name)) = scope::with_core(|core| core.kind.map(|_| core.name())) {
                // In one write.
                let line = format!("pulsar: in the actor `{name}`:");
                eprint!("{line}");
            }
            before(info);
        }));
    });
}

/// The exit reason of a panic that was caught on this thread.
pub(crate) fn reason(payload: &(dyn Any + Send)) -> ExitReason {
    let last = LAST.try_with(|last| last.try_borrow_mut().ok().and_then(|mut last| last.take())).ok().flatten();
    // `resume_unwind` runs no hook.
    last.unwrap_or_else(|| ExitReason::Panic { message: text(payload), backtrace: None })
}

fn text(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_string()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "a value that is no text".to_string()
    }
}
