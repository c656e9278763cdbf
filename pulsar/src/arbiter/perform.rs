//! Does what the state machine decides: starts, stops and kills incarnations, and tells whoever has to know.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::child::{BlackBox, Place};
use super::{Arbiter, Event};
use crate::address::Route;
use crate::command::{Internal, Verb};
use crate::concurrency::task_loop::TaskLoop;
use crate::concurrency::thread;
use crate::concurrency::thread::Plan;
use crate::events::Change;
use crate::exit::ExitReason;
use crate::id::{ActorId, Incarnation, Kind, State};
use crate::link::announce;
use crate::message::{Header, Subject};
use crate::recorder::Recorder;
use crate::runner::Ended;
use crate::supervise::{self, Action, Phase};

impl Arbiter {
    pub(super) fn perform(&mut self, action: Action) {
        match action {
            Action::Start { id, incarnation } => self.start(id, incarnation),
            Action::RequestStop { id, .. } => self.request_stop(id, false),
            Action::Terminate { id, .. } => match self.place(id) {
                Some(Place::Process { handle, .. }) => handle.borrow().terminate(),
                // Of a thread there is nothing to terminate: its handler is dropped where it awaits.
                Some(Place::Thread(_) | Place::Task(..)) => self.request_stop(id, true),
                _ => {}
            },
            Action::Abort { id, .. } => match self.place(id) {
                Some(Place::Process { handle, .. }) => handle.borrow().abort(),
                Some(Place::Thread(_) | Place::Task(..)) => self.request_stop(id, true),
                _ => {}
            },
            Action::Kill { id, incarnation } => self.kill(id, incarnation),
            Action::Drain { id, incarnation } => self.drain(id, incarnation),
            judged => self.conclude(judged),
        }
    }

    pub(super) fn place(&self, id: ActorId) -> Option<&Place> {
        self.children.get(&id).map(|child| &child.place)
    }

    fn start(&mut self, id: ActorId, incarnation: Incarnation) {
        let Some(child) = self.children.get_mut(&id) else { return };
        child.incarnation = incarnation;
        child.state = State::Starting;
        child.last_words = None;
        child.black_box = BlackBox::None;
        child.runs = child.binary.clone();
        // It was down, and whoever sends waits again.
        if let Route::Gone(_) = child.address.route() {
            child.address.set_route(Route::Wait);
            announce(&child.address);
        }
        child.began = Instant::now();
        let started = match child.request.params.kind {
            Kind::Thread => self.start_thread(id, incarnation),
            Kind::Process => self.start_process(id, incarnation),
            Kind::Task => self.start_task(id, incarnation),
        };
        match started {
            Ok(place) => {
                let pid = place.pid();
                if let Some(child) = self.children.get_mut(&id) {
                    child.place = place;
                }
                self.say(id, Change::Started { pid });
            }
            // Decided once this event is done with: it counts and backs off like any other end.
            Err(error) => {
                let ended = Ended { reason: ExitReason::StartFailed(error.to_string()), lost: 0 };
                let _ = self.events.send(Event::ThreadEnded { id, incarnation, ended });
            }
        }
    }

    /// What an incarnation in this process is made from.
    fn plan(&mut self, id: ActorId, incarnation: Incarnation) -> Option<Plan> {
        let child = self.children.get_mut(&id)?;
        let recorder = Recorder::default();
        child.black_box = BlackBox::Words(recorder.share());
        Some(Plan {
            entry: child.entry,
            address: child.address.clone(),
            incarnation,
            params: child.request.params.clone(),
            specification: child.request.specification.clone(),
            manager: child.parent.unwrap_or(ActorId::ARBITER),
            recorder,
            last_crash: child.last_crash.as_deref().cloned().map(Box::new),
        })
    }

    /// Tells the arbiter how an incarnation in this process has ended.
    fn ends(&self, id: ActorId, incarnation: Incarnation) -> impl FnOnce(Ended) + Send + 'static {
        let events = self.events.clone();
        move |ended| {
            let _ = events.send(Event::ThreadEnded { id, incarnation, ended });
        }
    }

    fn start_thread(&mut self, id: ActorId, incarnation: Incarnation) -> io::Result<Place> {
        let Some(plan) = self.plan(id, incarnation) else { return Ok(Place::None) };
        Ok(Place::Thread(thread::start(plan, self.ends(id, incarnation))?))
    }

    fn start_task(&mut self, id: ActorId, incarnation: Incarnation) -> io::Result<Place> {
        let Some(plan) = self.plan(id, incarnation) else { return Ok(Place::None) };
        let home = match &self.tasks {
            Some(home) => home.clone(),
            None => self.tasks.insert(TaskLoop::start()?).clone(),
        };
        let lane = home.run(plan, self.ends(id, incarnation));
        Ok(Place::Task(lane, home))
    }

    /// Asks an incarnation to end, in its control lane.
    fn request_stop(&mut self, id: ActorId, now: bool) {
        let Some(child) = self.children.get_mut(&id) else { return };
        child.state = State::Stopping;
        let verb = Verb::Internal(Internal::End { reason: ExitReason::Shutdown, now });
        match &child.place {
            Place::Thread(lane) | Place::Task(lane, _) => lane.say(verb),
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
            Place::Thread(lane) | Place::Task(lane, _) => {
                // A thread cannot be killed. What waits for it fails now, and if it ever comes back it ends.
                let mailbox = lane.mailbox();
                lane.say(Verb::Internal(Internal::End { reason: ExitReason::Shutdown, now: true }));
                let address = child.address.clone();
                let events = self.events.clone();
                address.lose(incarnation);
                tokio::task::spawn_local(async move {
                    // One that only waited ends by itself within this.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    if let Some(mailbox) = mailbox {
                        mailbox.close(&ExitReason::Hung);
                    }
                    let _ = events.send(Event::ThreadLost { id, incarnation });
                });
            }
            Place::None => {}
        }
    }

    /// The first notify of an incarnation: its handshake.
    pub(super) fn ready(&mut self, id: ActorId, incarnation: Incarnation, window: u32) {
        // One that took too long is being killed already.
        if self.machine.get(id).is_none_or(|known| known.phase() != Phase::Starting) {
            return;
        }
        let Some(child) = self.children.get_mut(&id) else { return };
        let route = match &child.place {
            Place::Thread(lane) | Place::Task(lane, _) => match lane.mailbox() {
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
        // Before what comes of it.
        self.say(id, Change::Ready);
        self.decide(supervise::Event::Ready { id, incarnation });
        self.readiness.actor_ready();
        self.prepare_soon(id);
        for process in address.subscribers() {
            self.connect(process, id);
        }
        announce(&address);
        if let Some(asked) = spawned {
            asked.ready(id);
        }
        // It is ready again, from another binary.
        if incarnation > 1 {
            self.renewed(id);
        }
    }

    /// An incarnation is over: nobody is sent to it any more, and the machine says what comes next.
    pub(super) fn ended(&mut self, id: ActorId, incarnation: Incarnation, reason: ExitReason) {
        let Some(child) = self.children.get_mut(&id) else { return };
        // Once: a thread that was left behind ends a second time when it comes back.
        if child.incarnation != incarnation || !child.state.is_live() {
            return;
        }
        let (unready, name) = (child.state == State::Starting, child.address.label());
        // At once, reaped too: its descriptors are the next life's where there are no others.
        child.black_box = BlackBox::None;
        child.place = Place::None;
        child.state = match reason {
            ExitReason::Signal { .. } | ExitReason::Hung | ExitReason::OutOfMemory | ExitReason::StackOverflow => {
                State::Terminated
            }
            _ => State::Closed,
        };
        child.address.lose(incarnation);
        let address = child.address.clone();
        if unready {
            self.note_failure(id, &name, &reason);
        }
        self.say(id, Change::Exited { reason: reason.clone() });
        self.decide(supervise::Event::Exited { id, incarnation, reason });
        if self.children.contains_key(&id) {
            announce(&address);
        }
    }

    /// A thread, or the loop of a task, did not come back: it is left behind.
    pub(super) fn thread_lost(&mut self, id: ActorId, incarnation: Incarnation) {
        let Some(child) = self.children.get(&id).filter(|child| child.incarnation == incarnation) else { return };
        match &child.place {
            // It ended just in time.
            Place::None | Place::Process { .. } => return,
            Place::Thread(_) => {}
            Place::Task(_, home) => {
                if self.tasks.as_ref().is_some_and(|tasks| Arc::ptr_eq(tasks, home)) {
                    self.tasks = None;
                }
            }
        }
        self.left_behind.insert((id, incarnation));
        self.say(id, Change::LeftBehind);
        self.ended(id, incarnation, ExitReason::Hung);
    }

    pub(super) fn thread_ended(&mut self, id: ActorId, incarnation: Incarnation, ended: &Ended) {
        self.left_behind.remove(&(id, incarnation));
        if self.children.get(&id).is_some_and(|child| child.incarnation == incarnation) {
            self.report(id, &ended.reason, ended.lost);
        }
        self.ended(id, incarnation, ended.reason.clone());
    }
}
