//! Does what the state machine decides: starts, stops and kills incarnations, and tells whoever has to know.

use std::cell::RefCell;
use std::io;
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::sync::mpsc;
use tracing::Level;

use super::child::{Place, ProcessHandle};
use super::{Arbiter, Event};
use crate::address::Route;
use crate::command::{Internal, Verb};
use crate::concurrency::{sys, thread};
use crate::error::SpawnError;
use crate::exit::ExitReason;
use crate::id::{ActorId, Incarnation, Kind, State};
use crate::link::{Boot, Link, News, announce, links};
use crate::message::{Header, Subject};
use crate::node::node;
use crate::runner::{Ended, send_answer};
use crate::supervise::{self, Action};

/// How long a dead process's last words are waited for.
const LAST_WORDS: Duration = Duration::from_millis(500);

impl Arbiter {
    pub(super) fn perform(&mut self, action: Action) {
        match action {
            Action::Start { id, incarnation } => self.start(id, incarnation),
            Action::RequestStop { id, .. } => self.request_stop(id, false),
            Action::Terminate { id, .. } => match self.place(id) {
                Some(Place::Process { handle, .. }) => handle.borrow().terminate(),
                // Of a thread there is nothing to terminate: its handler is dropped where it awaits.
                Some(Place::Thread(_)) => self.request_stop(id, true),
                _ => {}
            },
            Action::Abort { id, .. } => match self.place(id) {
                Some(Place::Process { handle, .. }) => handle.borrow().abort(),
                Some(Place::Thread(_)) => self.request_stop(id, true),
                _ => {}
            },
            Action::Kill { id, incarnation } => self.kill(id, incarnation),
            Action::Restarting { id, incarnation, reason, delay, restarts } => {
                let text = format!(
                    "incarnation {incarnation} of {} ended: it {reason}; restart {restarts} in {delay:?}",
                    self.label(id)
                );
                self.log.say(Level::WARN, text);
                if let Some(child) = self.children.get_mut(&id) {
                    child.state = State::Initial;
                    announce(&child.address);
                }
            }
            Action::Parked { id, reason, restarts } => {
                let text = format!(
                    "gave up {} after {restarts} restarts: it {reason}; parked until it is reset",
                    self.label(id)
                );
                self.log.say(Level::ERROR, text);
                if let Some(child) = self.children.get_mut(&id) {
                    child.state = State::Parked;
                    child.address.set_route(Route::Gone(ExitReason::GaveUp { restarts, last: Box::new(reason) }));
                    announce(&child.address);
                }
            }
            Action::Removed { id, reason } => self.removed(id, reason),
        }
    }

    fn place(&self, id: ActorId) -> Option<&Place> {
        self.children.get(&id).map(|child| &child.place)
    }

    pub(super) fn label(&self, id: ActorId) -> String {
        self.children.get(&id).map_or_else(|| id.to_string(), |child| child.address.label())
    }

    fn start(&mut self, id: ActorId, incarnation: Incarnation) {
        let Some(child) = self.children.get_mut(&id) else { return };
        child.incarnation = incarnation;
        child.state = State::Starting;
        child.last_words = None;
        let started = match child.request.params.kind {
            Kind::Thread => self.start_thread(id, incarnation),
            Kind::Process => self.start_process(id, incarnation),
            Kind::Task => Err(io::Error::other("a task actor lives on its spawner's loop")),
        };
        match started {
            Ok(place) => {
                if let Some(child) = self.children.get_mut(&id) {
                    child.place = place;
                }
            }
            // Decided once this event is done with: it counts and backs off like any other end.
            Err(error) => {
                let ended = Ended { reason: ExitReason::StartFailed(error.to_string()), lost: 0 };
                let _ = self.events.send(Event::ThreadEnded { id, incarnation, ended });
            }
        }
    }

    fn start_thread(&self, id: ActorId, incarnation: Incarnation) -> io::Result<Place> {
        let Some(child) = self.children.get(&id) else { return Ok(Place::None) };
        let events = self.events.clone();
        let request = &child.request;
        let lane = thread::start(
            child.entry,
            child.address.clone(),
            incarnation,
            request.params.clone(),
            request.specification.clone(),
            move |ended| {
                let _ = events.send(Event::ThreadEnded { id, incarnation, ended });
            },
        )?;
        Ok(Place::Thread(lane))
    }

    fn start_process(&mut self, id: ActorId, incarnation: Incarnation) -> io::Result<Place> {
        let Some(child) = self.children.get(&id) else { return Ok(Place::None) };
        let number = self.next_process;
        self.next_process += 1;
        let (ours, theirs) = UnixStream::pair()?;
        let title = format!("pulsar: {}", child.address.label());
        let handle = sys::spawn_self(theirs, number, &title, &self.arguments)?;
        let handle: ProcessHandle = Rc::new(RefCell::new(handle));
        let link = Link::start(number, ours).inspect_err(|_| handle.borrow().kill())?;
        let boot = News::Boot(Box::new(Boot {
            id,
            incarnation,
            actor: child.request.actor.clone(),
            fingerprint: child.request.fingerprint,
            build: sys::build_id(),
            specification: child.request.specification.clone(),
            params: child.request.params.clone(),
        }));
        if let Err(error) = link.tell_node(&boot, None) {
            handle.borrow().kill();
            link.shut();
            return Err(io::Error::other(error.to_string()));
        }
        links().insert(link.clone());
        self.processes.insert(number, id);
        tokio::task::spawn_local(watch(number, handle.clone(), link.clone(), self.events.clone()));
        Ok(Place::Process { number, link, handle })
    }

    /// Asks an incarnation to end, in its control lane.
    fn request_stop(&mut self, id: ActorId, now: bool) {
        let Some(child) = self.children.get_mut(&id) else { return };
        child.state = State::Stopping;
        let verb = Verb::Internal(Internal::End { reason: ExitReason::Shutdown, now });
        match &child.place {
            Place::Thread(lane) => lane.say(verb),
            Place::Process { link, .. } => {
                let header = Header::new(Subject::Control, id);
                link.append(&header, &mut |out| out.put(&verb));
            }
            Place::None => {}
        }
    }

    fn kill(&mut self, id: ActorId, incarnation: Incarnation) {
        let Some(child) = self.children.get_mut(&id) else { return };
        match &child.place {
            Place::Process { handle, .. } => handle.borrow().kill(),
            Place::Thread(lane) => {
                // A thread cannot be killed. What waits for it fails now, and if it ever comes back it ends.
                let mailbox = lane.mailbox();
                lane.say(Verb::Internal(Internal::End { reason: ExitReason::Shutdown, now: true }));
                let address = child.address.clone();
                let events = self.events.clone();
                address.lose(incarnation);
                self.log.say(
                    Level::WARN,
                    format!("the thread of {} did not end in time: it is left behind", address.label()),
                );
                tokio::task::spawn_local(async move {
                    // One that only waited ends by itself within this.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    if let Some(mailbox) = mailbox {
                        mailbox.close(&ExitReason::Hung);
                    }
                    let ended = Ended { reason: ExitReason::Hung, lost: 0 };
                    let _ = events.send(Event::ThreadEnded { id, incarnation, ended });
                });
            }
            Place::None => {}
        }
    }

    /// The first notify of an incarnation: its handshake.
    pub(super) fn ready(&mut self, id: ActorId, incarnation: Incarnation, window: u32) {
        let Some(child) = self.children.get_mut(&id) else { return };
        let route = match &child.place {
            Place::Thread(lane) => match lane.mailbox() {
                Some(mailbox) => Route::Local { mailbox, incarnation },
                None => return,
            },
            Place::Process { link, .. } => {
                let window = link.window(id, incarnation, window);
                Route::Remote { peer: link.clone(), incarnation, window }
            }
            Place::None => return,
        };
        child.state = State::Running;
        child.address.set_route(route);
        let spawned = child.spawned.take();
        let address = child.address.clone();
        self.decide(supervise::Event::Ready { id, incarnation });
        for process in address.subscribers() {
            self.connect(process, id);
        }
        announce(&address);
        if let Some(reply) = spawned {
            send_answer(reply, &Ok::<_, SpawnError>(id));
        }
    }

    /// An incarnation is over: nobody is sent to it any more, and the machine says what comes next.
    pub(super) fn ended(&mut self, id: ActorId, incarnation: Incarnation, reason: ExitReason) {
        let Some(child) = self.children.get_mut(&id) else { return };
        if child.incarnation != incarnation {
            return;
        }
        child.place = Place::None;
        child.state = match reason {
            ExitReason::Signal { .. } | ExitReason::Hung => State::Terminated,
            _ => State::Closed,
        };
        child.address.lose(incarnation);
        let address = child.address.clone();
        self.decide(supervise::Event::Exited { id, incarnation, reason });
        if self.children.contains_key(&id) {
            announce(&address);
        }
    }

    pub(super) fn thread_ended(&mut self, id: ActorId, incarnation: Incarnation, ended: &Ended) {
        if ended.lost > 0 {
            let text = format!("{} messages died with incarnation {incarnation} of {}", ended.lost, self.label(id));
            self.log.say(Level::WARN, text);
        }
        self.ended(id, incarnation, ended.reason.clone());
    }

    pub(super) fn process_ended(&mut self, number: u32, status: ExitReason) {
        let Some(id) = self.processes.remove(&number) else { return };
        super::verbs::forget(&mut self.connected, number);
        let link = links().get(number);
        let Some(child) = self.children.get_mut(&id) else { return };
        let incarnation = child.incarnation;
        let protocol = link.as_ref().and_then(|link| link.reason());
        let reason = match (child.last_words.take(), protocol, status) {
            (Some(words), _, _) => words,
            (None, Some(protocol), _) => protocol.clipped(),
            (None, None, ExitReason::Normal) => ExitReason::Code(0),
            (None, None, status) => status,
        };
        // Whoever waits for it hears what it is taken for: stopped or hung, not by which signal that was done.
        let reason = match self.machine.get(id) {
            Some(known) => known.judge(reason),
            None => reason,
        };
        // Before anyone hears of it: who waits for room is then to wait for the next incarnation, each in its turn.
        child.address.lose(incarnation);
        if let Some(link) = link {
            links().remove(&link);
            link.fail_all(&reason);
        }
        if let Some(node) = node() {
            node.forget_process(number, &reason);
        }
        let news = News::Ended { process: number, reason: reason.clone() };
        for link in links().all() {
            if let Err(error) = link.tell_node(&news, None) {
                self.log.say(Level::ERROR, format!("a process was not told of an end: {error}"));
            }
        }
        self.ended(id, incarnation, reason);
    }

    fn removed(&mut self, id: ActorId, reason: ExitReason) {
        let Some(mut child) = self.children.remove(&id) else { return };
        if let Some(node) = node() {
            node.remove(id, reason.clone());
        }
        announce(&child.address);
        let level = if reason.is_normal() { Level::DEBUG } else { Level::WARN };
        self.log.say(level, format!("{} is gone: it {reason}", child.address.label()));
        if let Some(reply) = child.spawned.take() {
            let error = match reason {
                ExitReason::Schema(text) => SpawnError::Schema(text),
                reason => SpawnError::Failed { reason },
            };
            send_answer(reply, &Err::<(), _>(error));
        }
        for reply in child.stopped {
            send_answer(reply, &Ok::<_, ()>(()));
        }
    }
}

/// Waits for a process to end, then for its last words, and reaps it.
async fn watch(number: u32, handle: ProcessHandle, link: Arc<Link>, events: mpsc::UnboundedSender<Event>) {
    let ended = handle.borrow().ended();
    match ended {
        Ok(ended) => {
            let broken_off = matches!(select(pin!(ended.readable()), pin!(link.closed())).await, Either::Right(_));
            // A process that has broken its connection off, or was broken off, and lives on is of no use to anyone.
            if broken_off && tokio::time::timeout(LAST_WORDS, ended.readable()).await.is_err() {
                handle.borrow().kill();
                let _ = ended.readable().await;
            }
        }
        Err(_) => link.closed().await,
    }
    // What it had written before is read before its end is judged.
    let _ = tokio::time::timeout(LAST_WORDS, link.closed()).await;
    link.shut();
    let reason = loop {
        let reaped = handle.borrow_mut().reap();
        match reaped {
            Some(reason) => break reason,
            None => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    let _ = events.send(Event::ProcessEnded { number, reason });
}
