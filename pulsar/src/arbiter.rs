//! The arbiter: one a program, the loop of its main thread. It spawns, watches, reaps, routes and stops.
//!
//! It runs no user code and decodes no user payload: what it is told is a closed set of events, and what it decides is
//! decided by the state machine of [`supervise`](crate::supervise).

mod child;
mod ending;
mod log;
mod perform;
mod signals;
mod verbs;

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::actor::NoMessage;
use crate::exit::ExitReason;
use crate::id::{ActorId, Incarnation};
use crate::mailbox::{ControlItem, Receiver};
use crate::runner::Ended;
use crate::supervise::{self, Machine};
pub(crate) use child::Lane;
use child::{Child, Place};
use ending::Ending;
use log::Log;
pub(crate) use signals::listen;

/// A loop that comes back this late has stood still: whoever seemed silent meanwhile gets another period.
const LATE: Duration = Duration::from_secs(1);

/// What can happen to the arbiter.
pub(crate) enum Event {
    /// A built-in command, from anywhere.
    Control(Box<ControlItem>),
    /// A process has ended, and everything it had said has been heard.
    ProcessEnded { number: u32, reason: ExitReason },
    /// A thread has ended.
    ThreadEnded { id: ActorId, incarnation: Incarnation, ended: Ended },
    /// The body of `main` has ended, with this exit code.
    MainEnded { code: u8 },
    /// The operating system sent a signal.
    Signal(signals::Signal),
    /// A time of the state machine or of the shutdown has come.
    Tick,
}

/// The program's arbiter.
pub(crate) struct Arbiter {
    machine: Machine,
    origin: Instant,
    children: BTreeMap<ActorId, Child>,
    /// The actor of each live process.
    processes: HashMap<u32, ActorId>,
    next_process: u32,
    /// The pairs of children that have a connection.
    connected: verbs::Connected,
    /// The arguments that this binary needs to reach the same place in a child (none but in a test binary).
    arguments: Rc<[OsString]>,
    events: mpsc::UnboundedSender<Event>,
    main: Lane,
    ending: Option<Ending>,
    log: Log,
}

impl Arbiter {
    pub(crate) fn new(arguments: Vec<OsString>, events: mpsc::UnboundedSender<Event>, main: Lane) -> Self {
        let seed = u64::from(std::process::id()) ^ crate::runner::now_millis();
        Self {
            machine: Machine::new(seed | 1),
            origin: Instant::now(),
            children: BTreeMap::new(),
            processes: HashMap::new(),
            next_process: 1,
            connected: verbs::Connected::new(),
            arguments: arguments.into(),
            events,
            main,
            ending: None,
            log: Log::start(),
        }
    }

    /// Runs until the program is to end, and says with which exit code.
    pub(crate) async fn run(
        mut self,
        mut events: mpsc::UnboundedReceiver<Event>,
        mut control: Receiver<NoMessage>,
    ) -> u8 {
        let mut sleep = pin!(tokio::time::sleep(Duration::ZERO));
        loop {
            if let Some(code) = self.finished() {
                return code;
            }
            let next = self.next_time();
            if let Some(next) = next {
                sleep.as_mut().reset(next.into());
            }
            let expected = next;
            // Input first: a silence is judged only when everything that was said has been heard.
            let event = poll_fn(|cx| {
                if let Some(item) = control.next_control(Some(cx.waker())) {
                    return Poll::Ready(Event::Control(Box::new(item)));
                }
                if let Poll::Ready(Some(event)) = events.poll_recv(cx) {
                    return Poll::Ready(event);
                }
                if next.is_some() && Future::poll(sleep.as_mut(), cx).is_ready() {
                    return Poll::Ready(Event::Tick);
                }
                Poll::Pending
            })
            .await;
            if matches!(event, Event::Tick) {
                let late = expected.map_or(Duration::ZERO, |expected| expected.elapsed());
                if late > LATE {
                    self.decide(supervise::Event::Grace);
                    // What was said while the loop stood still is still on its way through the readers.
                    tokio::task::yield_now().await;
                }
            }
            self.handle(event);
        }
    }

    /// The time since the arbiter began, which is all the machine knows of time.
    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    fn next_time(&self) -> Option<Instant> {
        let machine = self.machine.next_timer().and_then(|at| self.origin.checked_add(at));
        let ending = self.ending.as_ref().and_then(Ending::next_time);
        match (machine, ending) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Control(item) => self.control(*item),
            Event::ProcessEnded { number, reason } => self.process_ended(number, reason),
            Event::ThreadEnded { id, incarnation, ended } => self.thread_ended(id, incarnation, &ended),
            Event::MainEnded { code } => self.main_ended(code),
            Event::Signal(signal) => self.signal(signal),
            Event::Tick => {
                self.decide(supervise::Event::Tick);
                self.ending_tick();
            }
        }
    }

    /// Lets the machine decide, and does what it says.
    fn decide(&mut self, event: supervise::Event) {
        let mut actions = Vec::new();
        self.machine.handle(self.now(), event, &mut actions);
        for action in actions {
            self.perform(action);
        }
    }
}
