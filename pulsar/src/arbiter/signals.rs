//! Signals of the operating system, as events. Installed before the first spawn, and counted here: what the system did with them
//! before is never restored.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tracing::Level;

use super::{Arbiter, Event};
use crate::concurrency::sys;
use crate::events::Change;
use crate::id::ActorId;

/// The signals that the arbiter hears. WINCH and PIPE mean nothing to it, and end nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// End gracefully.
    Term,
    /// End fast.
    Interrupt,
    /// End fast.
    Quit,
    /// Reload.
    Hangup,
    /// The terminal that the program was started from is gone.
    Disconnected,
    /// Open log files anew: whoever rotates them has moved them away.
    Reopen,
    /// One worker more in every pool.
    More,
    /// One worker less.
    Fewer,
    /// Some child has ended. Heard only where strangers may be among them.
    Child,
}

impl Signal {
    /// The exit code of a program that ended by force.
    fn forced(self) -> u8 {
        128 + match self {
            Self::Term => 15,
            Self::Interrupt => 2,
            Self::Quit => 3,
            Self::Hangup | Self::Disconnected => 1,
            Self::Reopen => 10,
            Self::More => 21,
            Self::Fewer => 22,
            Self::Child => 17,
        }
    }
}

/// Begins to listen. Runs on the arbiter's loop.
pub(crate) fn listen(events: &mpsc::UnboundedSender<Event>) -> io::Result<()> {
    let all = [
        (SignalKind::terminate(), Signal::Term),
        (SignalKind::interrupt(), Signal::Interrupt),
        (SignalKind::quit(), Signal::Quit),
        (SignalKind::hangup(), Signal::Hangup),
        (SignalKind::user_defined1(), Signal::Reopen),
        (SignalKind::from_raw(sys::TTIN), Signal::More),
        (SignalKind::from_raw(sys::TTOU), Signal::Fewer),
    ];
    sys::note_terminal();
    // The ends of its own are told by their descriptors.
    let orphans = sys::adopts_orphans().then(|| (SignalKind::child(), Signal::Child));
    for (kind, event) in all.into_iter().chain(orphans) {
        // Who starts a program with `nohup` wants it to live on when the terminal goes.
        if event == Signal::Hangup && sys::ignores_hangup() {
            continue;
        }
        let mut stream = signal(kind)?;
        let events = events.clone();
        tokio::task::spawn_local(async move {
            while stream.recv().await.is_some() {
                let gone = event == Signal::Hangup && sys::lost_terminal();
                if events.send(Event::Signal(if gone { Signal::Disconnected } else { event })).is_err() {
                    return;
                }
            }
        });
    }
    Ok(())
}

impl Arbiter {
    pub(super) fn signal(&mut self, signal: Signal) {
        if signal == Signal::Child {
            return self.reaper.something_ended();
        }
        self.log.say(Level::INFO, format!("signal {signal:?}"));
        match signal {
            Signal::Term => self.end_signal(signal, 0, false),
            Signal::Interrupt => self.end_signal(signal, 130, true),
            Signal::Quit => self.end_signal(signal, 131, true),
            Signal::Disconnected => self.end_signal(signal, 129, false),
            Signal::Hangup => self.reload(),
            Signal::Reopen => self.say(ActorId::ARBITER, Change::Reopen),
            Signal::More => self.scale_all(true),
            Signal::Fewer => self.scale_all(false),
            Signal::Child => {}
        }
    }

    /// The first signal ends the program, the second kills what is left, the third waits for nothing.
    fn end_signal(&mut self, signal: Signal, code: u8, fast: bool) {
        match self.ending.as_mut() {
            Some(ending) if ending.signals > 0 => {
                ending.signals += 1;
                // Whoever had to be hurried did not end well.
                ending.code = signal.forced();
                if ending.signals == 2 {
                    self.force();
                }
            }
            _ => {
                self.begin_end(code, fast);
                if let Some(ending) = &mut self.ending {
                    ending.signals = 1;
                }
            }
        }
    }
}
