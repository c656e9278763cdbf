//! Whether process actors are forked or executed: when there is a fork server, for which binary, and who stands by.
//!
//! Whatever is wrong with it, an actor is executed instead: nothing depends on it.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc;
use tracing::Level;

use super::binary::Binary;
use super::log::Log;
use super::{Arbiter, Event, Place};
use crate::actor::Output;
use crate::concurrency::fork_server::{ForkServer, Standby, Trouble};
use crate::concurrency::sys::{self, ChildHandle};
use crate::id::{ActorId, State};

/// Turns the fork server on or off.
const SWITCH: &str = "PULSAR_FORK_SERVER";

/// How long after an actor is ready the next is prepared for: whoever waited for it is served first.
const AFTER_OTHERS: Duration = Duration::from_micros(200);

/// How long after the end of a fork server, or of what it has forked, the next is started.
const PAUSE: Duration = Duration::from_secs(1);

/// The fork server, if there is one.
pub(super) struct Forks {
    wanted: bool,
    server: Option<Server>,
    standby: Option<Standby>,
    /// What the next are to run.
    binary: Option<Rc<Binary>>,
    /// When to prepare for the next.
    due: Option<Instant>,
    not_before: Instant,
    events: mpsc::UnboundedSender<Event>,
    /// A process may have been forked that nobody has heard of.
    stray: bool,
}

struct Server {
    server: ForkServer,
    /// What it runs.
    binary: Rc<Binary>,
}

impl Forks {
    /// `re_executed`: this binary has to be executed with arguments to come to the same place, as that of a test.
    pub(super) fn from_env(re_executed: bool, events: mpsc::UnboundedSender<Event>, log: &mut Log) -> Self {
        let switched_on = match std::env::var(SWITCH).as_deref() {
            Err(std::env::VarError::NotPresent) | Ok("on") => true,
            Ok("off") => false,
            other => {
                log.say(Level::ERROR, format!("{SWITCH}={}: say `on` or `off`", other.unwrap_or("?")));
                false
            }
        };
        // Whoever wraps process actors wants to see each of them executed.
        let wanted = switched_on && !re_executed && sys::wrapper().is_none();
        Self {
            wanted,
            server: None,
            standby: None,
            binary: None,
            due: None,
            not_before: Instant::now(),
            events,
            stray: false,
        }
    }

    /// A process that was forked, and its socket; `None` if it has to be executed.
    pub(super) fn wake(
        &mut self,
        binary: &Rc<Binary>,
        number: u32,
        title: &str,
        output: Output,
        log: &mut Log,
    ) -> Option<(ChildHandle, UnixStream)> {
        let server = &mut self.server.as_mut().filter(|server| Rc::ptr_eq(&server.binary, binary))?.server;
        let standby = self.standby.take();
        let standby = server.follow().and_then(|state| {
            let fits = |standby: &Standby| standby.state == state && !standby.process.has_ended();
            standby.filter(fits).map_or_else(|| server.fork(), Ok)
        });
        let woken = standby.map(|standby| standby.wake(number, title, output));
        match woken {
            Ok(Ok(woken)) if server.is_like_its_master() => return Some(woken),
            Ok(Ok(_)) => self.in_trouble(Trouble::Stale, log),
            // It has ended since.
            Ok(Err(_)) => {}
            Err(trouble) => self.in_trouble(trouble, log),
        }
        None
    }

    fn in_trouble(&mut self, trouble: Trouble, log: &mut Log) {
        match trouble {
            Trouble::NotYet => {}
            Trouble::Stale => self.server = None,
            Trouble::Failed(why) => {
                log.say(Level::WARN, format!("the fork server could not fork: {why}"));
                self.not_before = Instant::now() + PAUSE;
            }
            Trouble::Unfit(why) => {
                log.say(Level::WARN, format!("process actors are executed, not forked: {why}"));
                self.end();
            }
            Trouble::Lost => {
                log.say(Level::WARN, "the fork server does not answer: another is started".into());
                self.stray = true;
                self.server = None;
                self.not_before = Instant::now() + PAUSE;
            }
        }
    }

    /// The program ends: nothing more is forked.
    pub(super) fn end(&mut self) {
        self.wanted = false;
        self.due = None;
        self.server = None;
        self.standby = None;
    }

    /// The server, or what it has forked, has something to say, or has ended, by itself or by somebody's hand.
    pub(super) fn look(&mut self, log: &mut Log) {
        if self.standby.as_ref().is_some_and(|standby| standby.process.has_ended()) {
            self.standby = None;
            self.not_before = Instant::now() + PAUSE;
        }
        let Some(server) = &mut self.server else { return };
        match server.server.hear_ready() {
            Err(trouble @ Trouble::Unfit(_)) => self.in_trouble(trouble, log),
            _ if server.server.process.has_ended() => {
                self.server = None;
                self.not_before = Instant::now() + PAUSE;
            }
            _ => {}
        }
        self.due = self.wanted.then(|| self.not_before.max(Instant::now() + AFTER_OTHERS));
    }

    /// When to [prepare](Arbiter::prepare_forks) for the next.
    pub(super) fn next_time(&self) -> Option<Instant> {
        self.due
    }

    /// A process that was forked and is nobody's may live: true once.
    pub(super) fn take_stray(&mut self) -> bool {
        std::mem::take(&mut self.stray)
    }

    /// Those that are no actors.
    pub(super) fn pids(&self) -> impl Iterator<Item = u32> {
        let server = self.server.as_ref().map(|server| server.server.process.pid());
        server.into_iter().chain(self.standby.as_ref().map(|standby| standby.process.pid()))
    }

    /// Starts a server, or has the one there is fork who stands by.
    fn prepare(&mut self, binary: &Rc<Binary>, log: &mut Log) {
        if self.server.as_ref().is_some_and(|server| !Rc::ptr_eq(&server.binary, binary)) {
            self.server = None;
            self.standby = None;
        }
        match &mut self.server {
            None => {
                let started = ForkServer::start(binary.path()).and_then(|server| {
                    tell(&self.events, [server.process.ended()?, server.spoken()?]);
                    Ok(server)
                });
                match started {
                    Ok(server) => self.server = Some(Server { server, binary: binary.clone() }),
                    Err(error) => {
                        self.not_before = Instant::now() + PAUSE;
                        log.say(Level::WARN, format!("the fork server cannot be started: {error}"));
                    }
                }
            }
            Some(server) if self.standby.is_none() => match server.server.fork() {
                Ok(standby) => {
                    if let Ok(ended) = standby.process.ended() {
                        tell(&self.events, [ended]);
                    }
                    self.standby = Some(standby);
                }
                Err(trouble) => self.in_trouble(trouble, log),
            },
            Some(_) => {}
        }
    }
}

/// Tells the arbiter to look, when something has happened to one of these.
fn tell<const N: usize>(events: &mpsc::UnboundedSender<Event>, watched: [AsyncFd<Arc<OwnedFd>>; N]) {
    for watched in watched {
        let events = events.clone();
        tokio::task::spawn_local(async move {
            let _ = watched.readable().await;
            let _ = events.send(Event::ForksChanged);
        });
    }
}

impl Arbiter {
    /// An actor is ready: soon is the time to prepare for the next.
    pub(super) fn prepare_soon(&mut self, id: ActorId) {
        let process = self.children.get(&id).filter(|child| matches!(child.place, Place::Process { .. }));
        if let Some(child) = process.filter(|_| self.forks.wanted) {
            self.forks.binary = Some(child.runs.clone());
            self.forks.due = Some(self.forks.not_before.max(Instant::now() + AFTER_OTHERS));
        }
    }

    /// Once no actor is on its way, which would be the later for it, prepares for the next.
    pub(super) fn prepare_forks(&mut self) {
        if self.forks.due.is_none_or(|due| due > Instant::now()) {
            return;
        }
        self.forks.due = None;
        let busy = |child: &super::Child| child.state == State::Starting && child.place.pid().is_some();
        // Whoever is on its way comes back here when it is ready.
        if let Some(binary) = self.forks.binary.clone().filter(|_| !self.children.values().any(busy)) {
            self.forks.prepare(&binary, &mut self.log);
        }
    }
}
