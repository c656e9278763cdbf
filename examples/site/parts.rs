//! The actors of the site. Each does next to nothing: it is their supervision that is shown. They know nothing of each other.

use std::time::Duration;

use pulsar::prelude::*;

/// Keeps what is known.
#[actor]
pub(crate) struct Store {}

#[actor]
impl Store {}

/// Has what is asked for often at hand.
#[actor]
pub(crate) struct Cache {}

#[actor]
impl Cache {}

/// Has letters wait.
#[actor]
pub(crate) struct Queue {}

#[actor]
impl Queue {}

/// Sends them.
#[actor]
pub(crate) struct Sender {}

#[actor]
impl Sender {}

/// Answers visitors.
#[actor]
pub(crate) struct Web {
    #[state]
    served: u64,
}

#[actor]
impl Web {
    /// A page.
    #[command]
    fn get(&mut self, path: String) -> String {
        self.served += 1;
        format!("{path}, and you are visitor {}", self.served)
    }
}

/// Reads a feed that is not there.
#[actor]
pub(crate) struct Importer {}

#[actor]
impl Importer {
    #[hook]
    fn start(&mut self, cx: &mut Context<Self>) {
        cx.after(Duration::from_millis(50), async { burst("no such feed".into()) });
    }
}

/// Knows how often it ticked.
#[actor]
pub(crate) struct Clock {
    #[state]
    ticks: u64,
}

#[actor]
impl Clock {
    #[hook]
    fn on_info(&self, info: &mut Info) {
        info.insert("ticks", self.ticks);
    }

    #[hook]
    fn periodic_task(&mut self) {
        self.ticks += 1;
    }
}

/// Has any actor end in a panic.
#[command]
pub(crate) fn crash(cx: &mut Context) {
    burst(format!("{} crashed, as asked", cx.name()))
}

/// A panic without a report on standard error, which would tear the screen.
fn burst(text: String) {
    std::panic::resume_unwind(Box::new(text))
}
