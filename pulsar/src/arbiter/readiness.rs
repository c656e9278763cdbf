//! What the service manager is told (systemd's protocol: `NOTIFY_SOCKET`, `WATCHDOG_USEC`). Nothing where there is none.
//!
//! Everything is sent from the arbiter's own loop and never waited for: a loop that stands still says nothing, which is what
//! a watchdog is for. Must not know what an actor is: it is told counts and moments.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::time::{Duration, Instant};

use tracing::Level;

use super::Log;
use crate::concurrency::sys::{self, NotifySocket};
use crate::plural::count;

/// A program without a supervisor is ready when an actor of it is, and for this long none is starting.
const SETTLED: Duration = Duration::from_millis(100);

/// The status line is renewed no more often than this.
const STATUS_EVERY: Duration = Duration::from_secs(1);

/// When a message that found no room is sent again.
const AGAIN: Duration = Duration::from_millis(100);

/// How many messages may wait for room.
const MAX_UNSENT: usize = 16;

/// What is added to the time that the end may take.
const MARGIN: Duration = Duration::from_secs(5);

/// How many actors there are, and how they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Census {
    pub(super) actors: usize,
    /// On their way to their handshake, or waiting to be started again.
    pub(super) starting: usize,
    pub(super) parked: usize,
}

/// Tells the service manager how the program fares.
pub(super) struct Readiness {
    socket: Option<NotifySocket>,
    phase: Phase,
    /// When the program may be taken for ready.
    settled: Option<Instant>,
    watchdog: Option<Watchdog>,
    status: String,
    /// When the status line is looked at again.
    status_due: Option<Instant>,
    status_said: Option<Instant>,
    unsent: VecDeque<String>,
    /// When the first of them is sent again.
    again: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Starting,
    Ready,
    Reloading,
    Stopping,
}

struct Watchdog {
    every: Duration,
    next: Instant,
}

impl Readiness {
    /// As the environment has it.
    pub(super) fn from_env(log: &mut Log) -> Self {
        let mut readiness = Self::silent();
        let Some(address) = std::env::var_os("NOTIFY_SOCKET").filter(|address| !address.is_empty()) else {
            return readiness;
        };
        match NotifySocket::open(&address) {
            Ok(socket) => readiness.socket = Some(socket),
            Err(error) => {
                log.say(Level::WARN, format!("the service manager hears nothing: NOTIFY_SOCKET: {error}"));
                return readiness;
            }
        }
        let number = |name| std::env::var_os(name).map(OsString::into_string)?.ok()?.parse::<u64>().ok();
        let mine =
            std::env::var_os("WATCHDOG_PID").is_none() || number("WATCHDOG_PID") == Some(u64::from(std::process::id()));
        if let Some(micros) = number("WATCHDOG_USEC").filter(|micros| mine && *micros > 1) {
            readiness.watchdog = Some(Watchdog { every: Duration::from_micros(micros / 2), next: Instant::now() });
        }
        readiness
    }

    /// Without a service manager.
    fn silent() -> Self {
        Self {
            socket: None,
            phase: Phase::Starting,
            settled: None,
            watchdog: None,
            status: String::new(),
            status_due: None,
            status_said: None,
            unsent: VecDeque::new(),
            again: None,
        }
    }

    /// When to [tick](Self::tick) next.
    pub(super) fn next_time(&self) -> Option<Instant> {
        self.socket.as_ref()?;
        let watchdog = self.watchdog.as_ref().map(|watchdog| watchdog.next);
        [watchdog, self.settled, self.status_due, self.again].into_iter().flatten().min()
    }

    /// Something may have changed: the status line is looked at soon.
    pub(super) fn changed(&mut self) {
        if self.socket.is_some() && self.status_due.is_none() {
            let now = Instant::now();
            self.status_due = Some(self.status_said.map_or(now, |said| (said + STATUS_EVERY).max(now)));
        }
    }

    /// An actor had its handshake.
    pub(super) fn actor_ready(&mut self) {
        if self.phase == Phase::Starting && self.settled.is_none() {
            self.settled = Some(Instant::now() + SETTLED);
        }
    }

    /// The program does what it is for: said once, and again after each reload.
    pub(super) fn ready(&mut self, census: Census) {
        if matches!(self.phase, Phase::Starting | Phase::Reloading) {
            self.phase = Phase::Ready;
            self.settled = None;
            self.say_with_status("READY=1", census);
        }
    }

    /// The program replaces what runs.
    pub(super) fn reloading(&mut self) {
        if self.phase == Phase::Ready {
            self.phase = Phase::Reloading;
            self.say(format!("RELOADING=1\nMONOTONIC_USEC={}", sys::monotonic().as_micros()));
        }
    }

    /// The program ends, within this time.
    pub(super) fn stopping(&mut self, within: Duration, census: Census) {
        if self.phase != Phase::Stopping {
            self.phase = Phase::Stopping;
            self.settled = None;
            let micros = (within + MARGIN).as_micros();
            self.say_with_status(&format!("STOPPING=1\nEXTEND_TIMEOUT_USEC={micros}"), census);
        }
    }

    /// Does what is due.
    pub(super) fn tick(&mut self, census: impl FnOnce() -> Census) {
        let now = Instant::now();
        if self.next_time().is_none_or(|next| next > now) {
            return;
        }
        self.send_again(now);
        if let Some(watchdog) = self.watchdog.as_mut().filter(|watchdog| watchdog.next <= now) {
            watchdog.next = now + watchdog.every;
            self.say("WATCHDOG=1".into());
        }
        let is_due = |due: Option<Instant>| due.is_some_and(|due| due <= now);
        if is_due(self.settled) || is_due(self.status_due) {
            let census = census();
            if is_due(self.settled) {
                if census.starting == 0 {
                    self.ready(census);
                } else {
                    self.settled = Some(now + SETTLED);
                }
            }
            if is_due(self.status_due) {
                self.status_due = None;
                let status = self.describe(census);
                if status != self.status {
                    self.say(format!("STATUS={status}"));
                    self.status = status;
                    self.status_said = Some(now);
                }
            }
        }
    }

    fn describe(&self, census: Census) -> String {
        let Census { actors, starting, parked } = census;
        let mut text = count(actors, "actor");
        for (count, what) in [(starting, "starting"), (parked, "parked")] {
            if count > 0 {
                text.push_str(&format!(", {count} {what}"));
            }
        }
        match self.phase {
            Phase::Starting => format!("starting: {text}"),
            Phase::Ready => text,
            Phase::Reloading => format!("reloading: {text}"),
            Phase::Stopping => format!("stopping: {text}"),
        }
    }

    fn say_with_status(&mut self, text: &str, census: Census) {
        self.status = self.describe(census);
        self.status_said = Some(Instant::now());
        self.say(format!("{text}\nSTATUS={}", self.status));
    }

    /// Sends it behind what still waits, in order. What finds no room is kept for a while, the oldest given up first.
    fn say(&mut self, text: String) {
        if self.socket.is_none() {
            return;
        }
        self.unsent.push_back(text);
        if self.unsent.len() > MAX_UNSENT {
            let least =
                self.unsent.iter().position(|text| text.starts_with("WATCHDOG=") || text.starts_with("STATUS="));
            self.unsent.remove(least.unwrap_or(0));
        }
        if self.again.is_none() {
            self.send_all(Instant::now());
        }
    }

    fn send_again(&mut self, now: Instant) {
        if self.again.is_some_and(|again| again <= now) {
            self.again = None;
            self.send_all(now);
        }
    }

    fn send_all(&mut self, now: Instant) {
        let Some(socket) = &self.socket else { return };
        while let Some(text) = self.unsent.front() {
            match socket.send(text) {
                // A manager that is not there now (it may be executing itself anew) may be there later.
                Err(_) => {
                    self.again = Some(now + AGAIN);
                    return;
                }
                Ok(()) => drop(self.unsent.pop_front()),
            }
        }
    }
}
