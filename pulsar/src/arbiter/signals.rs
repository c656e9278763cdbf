//! Signals of the operating system, as events. Installed before the first spawn.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tracing::Level;

use super::{Arbiter, Event};

/// The signals that the arbiter hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// End gracefully.
    Term,
    /// End fast.
    Interrupt,
    /// End fast.
    Quit,
}

impl Signal {
    fn number(self) -> u8 {
        match self {
            Self::Term => 15,
            Self::Interrupt => 2,
            Self::Quit => 3,
        }
    }
}

/// Begins to listen. Runs on the arbiter's loop.
pub(crate) fn listen(events: &mpsc::UnboundedSender<Event>) -> io::Result<()> {
    let all = [
        (SignalKind::terminate(), Signal::Term),
        (SignalKind::interrupt(), Signal::Interrupt),
        (SignalKind::quit(), Signal::Quit),
    ];
    for (kind, event) in all {
        let mut stream = signal(kind)?;
        let events = events.clone();
        tokio::task::spawn_local(async move {
            while stream.recv().await.is_some() {
                if events.send(Event::Signal(event)).is_err() {
                    return;
                }
            }
        });
    }
    Ok(())
}

impl Arbiter {
    pub(super) fn signal(&mut self, signal: Signal) {
        self.log.say(Level::INFO, format!("signal {signal:?}"));
        if let Some(ending) = self.ending.as_mut().filter(|ending| ending.signalled) {
            // Whoever had to be hurried did not end well.
            ending.code = 128 + signal.number();
            return self.force();
        }
        match signal {
            Signal::Term => self.begin_end(0, false),
            Signal::Interrupt => self.begin_end(130, true),
            Signal::Quit => self.begin_end(131, true),
        }
        if let Some(ending) = &mut self.ending {
            ending.signalled = true;
        }
    }
}
