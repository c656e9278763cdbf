//! What the supervisors have to say: to the program's subscriber, or to standard error where there is none.

use tracing::Level;

/// Says it. The subscriber is the user's code: the arbiter calls this from its log thread only.
pub(crate) fn say(level: Level, text: &str) {
    // A program that has nobody listening still hears of what went wrong.
    if level <= Level::WARN && !tracing::dispatcher::has_been_set() {
        eprintln!("pulsar: {text}");
    }
    if level == Level::ERROR {
        tracing::error!(target: "pulsar::supervisor", "{text}");
    } else if level == Level::WARN {
        tracing::warn!(target: "pulsar::supervisor", "{text}");
    } else if level == Level::INFO {
        tracing::info!(target: "pulsar::supervisor", "{text}");
    } else {
        tracing::debug!(target: "pulsar::supervisor", "{text}");
    }
}
