//! What surrounds a handler while it is polled: its message's deadline, its span, the mark that it runs.

use std::time::Instant;

use tracing::Span;
use tracing::level_filters::LevelFilter;

use crate::actor::Core;
use crate::scope;

/// The span of a handler, for a subscriber that wants it; else nothing.
#[inline]
pub(super) fn span(core: &Core, command: &'static str) -> Option<Span> {
    (LevelFilter::current() >= LevelFilter::DEBUG).then(|| wanted_span(core, command))
}

#[cold]
fn wanted_span(core: &Core, command: &'static str) -> Span {
    tracing::debug_span!(
        target: "pulsar::command",
        "command",
        actor = %core.name(),
        id = %core.id,
        incarnation = core.incarnation,
        command,
        sender = %core.sender.get()
    )
}

/// Runs a piece of a handler under its message's deadline and in its span, and marks it as the one that is running.
#[inline]
pub(super) fn scope_of<R>(core: &Core, deadline: Option<Instant>, span: Option<&Span>, f: impl FnOnce() -> R) -> R {
    struct Idle<'a>(&'a Core);
    impl Drop for Idle<'_> {
        fn drop(&mut self) {
            self.0.handling.set(false);
        }
    }
    core.handling.set(true);
    let _idle = Idle(core);
    let _span = span.map(Span::enter);
    scope::under(deadline, f)
}
