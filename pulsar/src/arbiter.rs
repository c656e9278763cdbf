//! The arbiter: one a program, the loop of its main thread. It spawns, watches, reaps, routes and stops.
//!
//! It runs no user code and decodes no user payload: what it is told is a closed set of events, and what it decides is
//! decided by the state machine of [`supervise`](crate::supervise).

mod binary;
mod cause;
mod child;
mod chronicle;
mod ending;
mod forks;
mod group;
mod log;
mod outcome;
mod output;
mod perform;
mod plant;
mod process;
mod readiness;
mod reaper;
mod reload;
mod report;
mod show;
mod signals;
mod tend;
mod verbs;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::ffi::OsString;
use std::future::poll_fn;
use std::path::PathBuf;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tracing::Level;

use crate::actor::NoMessage;
use crate::concurrency::event_loop::spin_setting;
use crate::concurrency::task::watch::{self, Blocked};
use crate::concurrency::task_loop::TaskLoop;
use crate::events::Change;
use crate::exit::ExitReason;
use crate::id::{ActorId, Incarnation, State};
use crate::link::announce;
use crate::mailbox::{ControlItem, Receiver};
use crate::runner::Ended;
use crate::supervise::{self, Machine};
use binary::{Binary, Opened};
use cause::OomWatch;
pub(crate) use child::Lane;
use child::{Child, Place};
use chronicle::Chronicle;
use ending::Ending;
use forks::Forks;
use group::Group;
use log::Log;
use outcome::Departed;
use readiness::{Census, Readiness};
use reaper::Reaper;
use reload::{Opening, Reload};
pub(crate) use signals::listen;

/// A loop that comes back this late has stood still: whoever seemed silent meanwhile gets another period.
const LATE: Duration = Duration::from_secs(1);

/// How often loops with task actors are looked at.
const WATCH: Duration = Duration::from_secs(1);

/// After how many events the arbiter looks at everything else.
const TURN: usize = 64;

/// What can happen to the arbiter.
pub(crate) enum Event {
    /// A built-in command, from anywhere.
    Control(Box<ControlItem>),
    /// A process has ended, and everything it had said has been heard.
    ProcessEnded { number: u32, reason: ExitReason },
    /// Something has become of the fork server, or of what it has forked.
    ForksChanged,
    /// A thread has ended.
    ThreadEnded { id: ActorId, incarnation: Incarnation, ended: Ended },
    /// A thread, or the loop of a task, did not come back in time after it was told to end.
    ThreadLost { id: ActorId, incarnation: Incarnation },
    /// The body of `main` has ended, with this exit code.
    MainEnded { code: u8 },
    /// The operating system sent a signal.
    Signal(signals::Signal),
    /// The binary for a reload was opened, or could not be.
    Opened(Result<Opened, String>),
    /// A time of the state machine or of the shutdown has come.
    Tick,
}

/// The program's arbiter.
pub(crate) struct Arbiter {
    machine: Machine,
    origin: Instant,
    children: BTreeMap<ActorId, Child>,
    /// Supervisors, and the monitors of pools.
    groups: BTreeMap<ActorId, Group>,
    /// What the machine is to hear once it has been obeyed.
    later: VecDeque<supervise::Event>,
    deciding: bool,
    chronicle: Chronicle,
    departed: Departed,
    /// The incarnations whose threads did not come back.
    left_behind: HashSet<(ActorId, Incarnation)>,
    /// Where the task actors of trees live.
    tasks: Option<Arc<TaskLoop>>,
    /// When the loops that have task actors of their own are looked at.
    watching: Option<Instant>,
    /// What process actors run, and where it was read from.
    binary: Rc<Binary>,
    path: Option<PathBuf>,
    reload: Option<Reload>,
    opening: Opening,
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
    readiness: Readiness,
    reaper: Reaper,
    log: Log,
    oom: OomWatch,
    forks: Forks,
}

impl Arbiter {
    pub(crate) fn new(arguments: Vec<OsString>, events: mpsc::UnboundedSender<Event>, main: Lane) -> Self {
        let seed = u64::from(std::process::id()) ^ crate::runner::now_millis();
        let mut log = Log::start();
        let forks = Forks::from_env(!arguments.is_empty(), events.clone(), &mut log);
        if let Err(error) = spin_setting() {
            log.say(Level::ERROR, error);
        }
        Self {
            machine: Machine::new(seed | 1),
            origin: Instant::now(),
            children: BTreeMap::new(),
            groups: BTreeMap::new(),
            later: VecDeque::new(),
            deciding: false,
            chronicle: Chronicle::default(),
            departed: Departed::default(),
            left_behind: HashSet::new(),
            tasks: None,
            watching: None,
            binary: Binary::running(),
            // Asked now: whoever replaces the file later changes the answer.
            path: std::env::current_exe().ok(),
            reload: None,
            opening: Opening::default(),
            processes: HashMap::new(),
            next_process: 1,
            connected: verbs::Connected::new(),
            arguments: arguments.into(),
            events,
            main,
            ending: None,
            readiness: Readiness::from_env(&mut log),
            forks,
            reaper: Reaper::new(),
            log,
            oom: OomWatch::new(),
        }
    }

    /// Runs until the program is to end, and says with which exit code.
    pub(crate) async fn run(
        mut self,
        mut events: mpsc::UnboundedReceiver<Event>,
        mut control: Receiver<NoMessage>,
    ) -> u8 {
        let mut sleep = pin!(tokio::time::sleep(Duration::ZERO));
        let mut handled = 0_usize;
        loop {
            if let Some(code) = self.finished() {
                return code;
            }
            let next = self.next_time();
            if let Some(next) = next {
                sleep.as_mut().reset(next.into());
            }
            let expected = next;
            let log = &mut self.log;
            // Input first: a silence is judged only when everything that was said has been heard.
            let event = poll_fn(|cx| {
                // Who floods it with commands keeps it from nothing else.
                let commands_first = !handled.is_multiple_of(TURN);
                if commands_first && let Some(item) = control.next_control(Some(cx.waker())) {
                    return Poll::Ready(Event::Control(Box::new(item)));
                }
                if let Poll::Ready(Some(event)) = events.poll_recv(cx) {
                    return Poll::Ready(event);
                }
                if next.is_some() && Future::poll(sleep.as_mut(), cx).is_ready() {
                    return Poll::Ready(Event::Tick);
                }
                if !commands_first && let Some(item) = control.next_control(Some(cx.waker())) {
                    return Poll::Ready(Event::Control(Box::new(item)));
                }
                log.wake();
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
            handled = handled.wrapping_add(1);
            if handled.is_multiple_of(TURN) {
                self.log.wake();
                // What is read from other processes has its turn.
                tokio::task::yield_now().await;
            }
        }
    }

    /// The time since the arbiter began, which is all the machine knows of time.
    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    fn next_time(&self) -> Option<Instant> {
        let machine = self.machine.next_timer().and_then(|at| self.origin.checked_add(at));
        let ending = self.ending.as_ref().and_then(Ending::next_time);
        let service = [self.readiness.next_time(), self.reaper.next_time(), self.forks.next_time()];
        [machine, ending, self.watching, self.reload_time()].into_iter().chain(service).flatten().min()
    }

    fn handle(&mut self, event: Event) {
        if !matches!(event, Event::Tick) {
            self.readiness.changed();
        }
        match event {
            Event::Control(item) => self.control(*item),
            Event::ProcessEnded { number, reason } => self.process_ended(number, reason),
            Event::ForksChanged => self.forks.look(&mut self.log),
            Event::ThreadEnded { id, incarnation, ended } => self.thread_ended(id, incarnation, &ended),
            Event::ThreadLost { id, incarnation } => self.thread_lost(id, incarnation),
            Event::MainEnded { code } => self.main_ended(code),
            Event::Signal(signal) => self.signal(signal),
            Event::Opened(outcome) => self.opened(outcome),
            Event::Tick => {
                self.watch_loops();
                self.reload_tick();
                self.decide(supervise::Event::Tick);
                self.ending_tick();
            }
        }
        let census = || census(&self.children, &self.groups);
        self.readiness.tick(census);
        if self.forks.take_stray() {
            self.reaper.watch_for_strays();
        }
        self.reaper.tick(|| {
            let actors = self.children.values().filter_map(|child| child.place.pid());
            actors.chain(self.forks.pids()).collect()
        });
        self.prepare_forks();
    }

    /// Fails what waits for task actors whose loop is blocked.
    fn watch_loops(&mut self) {
        let Some(at) = self.watching.filter(|at| *at <= Instant::now()) else { return };
        // Whoever stands still as the arbiter did is not blocked.
        if at.elapsed() > LATE {
            watch::forgive();
        }
        let blocked = watch::look();
        self.watching = blocked.is_some().then(|| Instant::now() + WATCH);
        for Blocked { address, incarnation } in blocked.into_iter().flatten() {
            self.say_of(address.label(), address.id(), incarnation, Change::Blocked);
            announce(&address);
        }
    }

    fn census(&self) -> Census {
        census(&self.children, &self.groups)
    }

    /// Lets the machine decide, and does what it says. What that leads to at once is told to it afterwards.
    fn decide(&mut self, event: supervise::Event) {
        self.later.push_back(event);
        if self.deciding {
            return;
        }
        self.deciding = true;
        while let Some(event) = self.later.pop_front() {
            let mut actions = Vec::new();
            self.machine.handle(self.now(), event, &mut actions);
            for action in actions {
                self.perform(action);
            }
            self.go_on_reloading();
        }
        self.deciding = false;
    }
}

fn census(children: &BTreeMap<ActorId, Child>, groups: &BTreeMap<ActorId, Group>) -> Census {
    let mut census = Census { actors: children.len(), ..Census::default() };
    for state in children.values().map(|child| child.state).chain(groups.values().map(|group| group.state)) {
        census.starting += usize::from(matches!(state, State::Initial | State::Starting));
        census.parked += usize::from(state == State::Parked);
    }
    census
}
