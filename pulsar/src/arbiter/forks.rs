//! Whether process actors are forked or executed: when there is a fork server, for which binary, and when it is asked.
//!
//! Whatever is wrong with it, an actor is executed instead: nothing depends on it.

use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tracing::Level;

use super::binary::Binary;
use super::log::Log;
use super::{Arbiter, Event, Place};
use crate::actor::Output;
use crate::concurrency::fork_server::{ForkServer, Trouble};
use crate::concurrency::sys::{self, ChildHandle};
use crate::id::{ActorId, State};

/// Turns the fork server on or off.
const SWITCH: &str = "PULSAR_FORK_SERVER";

/// How long after the end of one the next is started.
const PAUSE: Duration = Duration::from_secs(1);

/// The fork server, if there is one.
pub(super) struct Forks {
    wanted: bool,
    server: Option<Server>,
    generation: u32,
    not_before: Instant,
    /// A process may have been forked that nobody has heard of.
    pub(super) stray: bool,
}

struct Server {
    server: ForkServer,
    /// What it runs.
    binary: Rc<Binary>,
    generation: u32,
}

impl Forks {
    /// `re_executed`: this binary has to be executed with arguments to come to the same place, as that of a test.
    pub(super) fn from_env(re_executed: bool, log: &mut Log) -> Self {
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
        Self { wanted, server: None, generation: 0, not_before: Instant::now(), stray: false }
    }

    /// A process that was forked; `None` if it has to be executed.
    pub(super) fn fork(
        &mut self,
        binary: &Rc<Binary>,
        number: u32,
        title: &str,
        socket: &UnixStream,
        output: Output,
        log: &mut Log,
    ) -> Option<ChildHandle> {
        let server = self.server.as_mut().filter(|server| Rc::ptr_eq(&server.binary, binary))?;
        let trouble = match server.server.fork(number, title, socket, output) {
            Ok(handle) => return Some(handle),
            Err(trouble) => trouble,
        };
        match trouble {
            Trouble::NotYet => {}
            Trouble::Stale => self.server = None,
            Trouble::Failed(why) => log.say(Level::WARN, format!("the fork server could not fork: {why}")),
            Trouble::Unfit(why) => self.unfit(&why, log),
            Trouble::Lost => {
                log.say(Level::WARN, "the fork server does not answer: another is started".into());
                self.stray = true;
                self.server = None;
                self.not_before = Instant::now() + PAUSE;
            }
        }
        None
    }

    /// The program ends: nothing more is forked.
    pub(super) fn end(&mut self) {
        self.wanted = false;
        self.server = None;
    }

    /// It has ended, by itself or by somebody's hand.
    pub(super) fn ended(&mut self, generation: u32, log: &mut Log) {
        let Some(server) = self.server.as_mut().filter(|server| server.generation == generation) else { return };
        if let Err(Trouble::Unfit(why)) = server.server.hear_ready() {
            self.unfit(&why, log);
        }
        self.server = None;
        self.not_before = Instant::now() + PAUSE;
    }

    fn unfit(&mut self, why: &str, log: &mut Log) {
        log.say(Level::WARN, format!("process actors are executed, not forked: {why}"));
        self.wanted = false;
        self.server = None;
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(|server| server.server.process.pid())
    }
}

impl Arbiter {
    /// An actor is ready. Once no other is on its way, which would be the later for it, the next are forked.
    pub(super) fn prepare_to_fork(&mut self, id: ActorId) {
        let Some(child) = self.children.get(&id).filter(|child| matches!(child.place, Place::Process { .. })) else {
            return;
        };
        let binary = child.runs.clone();
        let known = self.forks.server.as_ref().is_some_and(|server| Rc::ptr_eq(&server.binary, &binary));
        let busy = |child: &super::Child| child.state == State::Starting && child.place.pid().is_some();
        if known || !self.forks.wanted || Instant::now() < self.forks.not_before || self.children.values().any(busy) {
            return;
        }
        self.forks.generation += 1;
        let generation = self.forks.generation;
        let started = ForkServer::start(binary.path()).and_then(|server| {
            let ended = server.process.ended()?;
            Ok((server, ended))
        });
        match started {
            Ok((server, ended)) => {
                self.forks.server = Some(Server { server, binary, generation });
                let events = self.events.clone();
                tokio::task::spawn_local(async move {
                    let _ = ended.readable().await;
                    let _ = events.send(Event::ForkServerEnded { generation });
                });
            }
            Err(error) => {
                self.forks.not_before = Instant::now() + PAUSE;
                self.log.say(Level::WARN, format!("the fork server cannot be started: {error}"));
            }
        }
    }
}
