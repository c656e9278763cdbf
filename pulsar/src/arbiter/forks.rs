//! Whether process actors are forked or executed: when there is a fork server, for which binary, and who stands by.
//!
//! Whatever is wrong with it, an actor is executed instead: nothing depends on it.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
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

/// How long after an actor is ready a fork server is started: whoever waited for it is served first.
const AFTER_OTHERS: Duration = Duration::from_millis(1);

/// The most that stand by.
const MOST: usize = 4;

/// How long nobody has to be started until one fewer stands by.
const REST: Duration = Duration::from_secs(5);

/// How long after the end of a fork server, or of what it has forked, the next is started.
const PAUSE: Duration = Duration::from_secs(1);

/// The fork server, if there is one.
pub(super) struct Forks {
    wanted: bool,
    server: Option<Server>,
    standing: VecDeque<Standing>,
    /// How many are to stand by: more than one, where actors are wanted faster than they are forked.
    goal: usize,
    /// When one fewer will have to.
    rests: Option<Instant>,
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
    _watched: [Watch; 2],
}

/// One that stands by.
struct Standing {
    standby: Standby,
    _watched: Option<Watch>,
}

/// What watches a descriptor.
struct Watch(JoinHandle<()>);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
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
            standing: VecDeque::new(),
            goal: 1,
            rests: None,
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
        let (standing, goal) = (&mut self.standing, &mut self.goal);
        let standby = server.follow().and_then(|state| {
            let fits = |standby: &Standby| standby.state == state && !standby.process.has_ended();
            let mut standing = std::iter::from_fn(|| standing.pop_front()).map(|standing| standing.standby);
            standing.find(fits).map_or_else(
                || {
                    *goal = (2 * *goal).min(MOST);
                    server.fork()
                },
                Ok,
            )
        });
        self.rests = (self.goal > 1).then(|| Instant::now() + REST);
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
            Trouble::Stale => self.drop_server(),
            Trouble::Failed(why) => {
                log.say(Level::WARN, format!("the fork server could not fork: {why}"));
                self.not_before = Instant::now() + PAUSE;
            }
            Trouble::Unfit(why) => {
                log.say(Level::WARN, format!("process actors are executed, not forked: {why}"));
                self.end();
            }
            Trouble::Lost => {
                log.say(Level::WARN, "the fork server is gone, or does not answer: another is started".into());
                self.drop_server();
                self.not_before = Instant::now() + PAUSE;
            }
        }
    }

    /// The program ends: nothing more is forked.
    pub(super) fn end(&mut self) {
        self.wanted = false;
        self.due = None;
        self.rests = None;
        self.drop_server();
    }

    /// Who was forked by it is of no use either: it is like the master was when that server was started.
    fn drop_server(&mut self) {
        // What it was told to fork ends by itself: nobody is at the other end of its socket any more.
        self.stray |= self.server.take().is_some_and(|server| server.server.ordered() > 0);
        self.standing.clear();
    }

    /// The server, or what it has forked, has something to say, or has ended, by itself or by somebody's hand.
    pub(super) fn look(&mut self, log: &mut Log) {
        let standing = self.standing.len();
        self.standing.retain(|standing| !standing.standby.process.has_ended());
        if self.standing.len() < standing {
            self.not_before = Instant::now() + PAUSE;
        }
        let Some(server) = &mut self.server else { return };
        let server = &mut server.server;
        let (mut heard, mut failed) = (server.hear_ready(), None);
        while heard.is_ok() {
            match server.forked() {
                Ok(Some(standby)) => self.standing.push_back(Standing::new(standby, &self.events)),
                Ok(None) => break,
                Err(trouble @ Trouble::Failed(_)) => failed = Some(trouble),
                Err(trouble) => heard = Err(trouble),
            }
        }
        // One that cannot fork, or has ended before it was ready, is not asked for more until an actor is ready: an idle program
        // would try for ever.
        let try_again = failed.is_none() && server.is_ready();
        let ended = server.process.has_ended();
        if let Some(trouble) = failed {
            self.in_trouble(trouble, log);
        }
        match heard {
            Err(trouble @ Trouble::Unfit(_)) => self.in_trouble(trouble, log),
            _ if ended => {
                self.drop_server();
                self.not_before = Instant::now() + PAUSE;
            }
            Err(trouble) => self.in_trouble(trouble, log),
            Ok(()) => {}
        }
        if self.wanted && try_again && self.missing() > 0 {
            self.due = Some(self.not_before.max(Instant::now()));
        }
    }

    /// How many are to be forked.
    fn missing(&self) -> usize {
        let ordered = self.server.as_ref().map_or(0, |server| server.server.ordered());
        self.goal.saturating_sub(self.standing.len() + ordered)
    }

    /// When to [prepare](Arbiter::prepare_forks) for the next.
    pub(super) fn next_time(&self) -> Option<Instant> {
        let late = self.server.as_ref().and_then(|server| server.server.late_at());
        [self.due, self.rests, late].into_iter().flatten().min()
    }

    /// Sees to what was not answered in time, and to those that are too many.
    fn tick(&mut self, now: Instant, log: &mut Log) {
        if self.server.as_ref().and_then(|server| server.server.late_at()).is_some_and(|late| late < now) {
            self.look(log);
        }
        if self.rests.is_some_and(|rests| rests < now) {
            self.goal -= 1;
            self.standing.truncate(self.goal);
            self.rests = (self.goal > 1).then(|| now + REST);
        }
    }

    /// A process that was forked and is nobody's may live: true once.
    pub(super) fn take_stray(&mut self) -> bool {
        std::mem::take(&mut self.stray)
    }

    /// Those that are no actors.
    pub(super) fn pids(&self) -> impl Iterator<Item = u32> {
        let server = self.server.as_ref().map(|server| server.server.process.pid());
        server.into_iter().chain(self.standing.iter().map(|standing| standing.standby.process.pid()))
    }

    /// Starts a server, or has the one there is fork whoever is to stand by.
    fn prepare(&mut self, binary: &Rc<Binary>, log: &mut Log) {
        if self.server.as_ref().is_some_and(|server| !Rc::ptr_eq(&server.binary, binary)) {
            self.drop_server();
        }
        let missing = self.missing();
        match &mut self.server {
            None => {
                let started = ForkServer::start(binary.path()).and_then(|server| {
                    let watched = [server.process.ended()?, server.spoken()?].map(|fd| watch(fd, &self.events));
                    Ok(Server { server, binary: binary.clone(), _watched: watched })
                });
                match started {
                    Ok(server) => self.server = Some(server),
                    Err(error) => {
                        self.not_before = Instant::now() + PAUSE;
                        log.say(Level::WARN, format!("the fork server cannot be started: {error}"));
                    }
                }
            }
            Some(server) => {
                if let Err(trouble) = (0..missing).try_for_each(|_| server.server.order(true)) {
                    self.in_trouble(trouble, log);
                }
            }
        }
    }
}

impl Standing {
    fn new(standby: Standby, events: &mpsc::UnboundedSender<Event>) -> Self {
        let watched = standby.process.ended().ok().map(|ended| watch(ended, events));
        Self { standby, _watched: watched }
    }
}

/// Tells the arbiter to look, whenever something happens to `watched`, and ends with it.
fn watch(watched: AsyncFd<Arc<OwnedFd>>, events: &mpsc::UnboundedSender<Event>) -> Watch {
    let events = events.clone();
    Watch(tokio::task::spawn_local(async move {
        while let Ok(mut ready) = watched.readable().await {
            // What is closed stays readable, whatever is cleared: it would be told without end.
            let over = ready.ready().is_read_closed();
            ready.clear_ready();
            if events.send(Event::ForksChanged).is_err() || over {
                return;
            }
        }
    }))
}

impl Arbiter {
    /// An actor is ready: soon is the time to prepare for the next.
    pub(super) fn prepare_soon(&mut self, id: ActorId) {
        let process = self.children.get(&id).filter(|child| matches!(child.place, Place::Process { .. }));
        if let Some(child) = process.filter(|_| self.forks.wanted) {
            self.forks.binary = Some(child.runs.clone());
            let now = Instant::now();
            let due = match self.forks.due {
                // Those that come one after the other do not put it off.
                Some(due) => due,
                None if self.forks.server.is_none() => now + AFTER_OTHERS,
                None => now,
            };
            self.forks.due = Some(due.max(self.forks.not_before));
        }
    }

    /// Prepares for the next. Nothing is forked while an actor is on its way, which would be the later for it.
    pub(super) fn prepare_forks(&mut self) {
        let now = Instant::now();
        self.forks.tick(now, &mut self.log);
        if self.forks.due.is_none_or(|due| due > now) {
            return;
        }
        self.forks.due = None;
        let busy = |child: &super::Child| child.state == State::Starting && child.place.pid().is_some();
        // Whoever is on its way comes back here when it is ready.
        let waits = self.forks.server.is_some() && self.children.values().any(busy);
        if let Some(binary) = self.forks.binary.clone().filter(|_| !waits) {
            self.forks.prepare(&binary, &mut self.log);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::Interest;
    use tokio::task::LocalSet;

    use super::*;

    /// A flood.
    const MANY: usize = 100;

    /// Lets the loop look for what has happened, and the watch have all the turns it wants.
    async fn for_a_while() {
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    #[test]
    fn what_is_closed_is_watched_no_more() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        LocalSet::new().block_on(&runtime, async {
            let (mut theirs, ours) = UnixStream::pair().expect("a socket");
            let (events, mut heard) = mpsc::unbounded_channel();
            let count = Arc::new(AtomicUsize::new(0));
            let counter = count.clone();
            // On a thread, which ends a flood by hearing no more: such a loop leaves this one no turn.
            let listener = std::thread::spawn(move || {
                while heard.blocking_recv().is_some() && counter.fetch_add(1, Ordering::SeqCst) < MANY {}
            });
            let watched = sys::watch(Arc::new(ours.into()), Interest::READABLE).expect("it is watched");
            let watch = watch(watched, &events);
            for_a_while().await;
            assert!(!watch.0.is_finished() && !events.is_closed(), "nothing has happened");
            theirs.write_all(b"a word").expect("it is written");
            for_a_while().await;
            assert!(!watch.0.is_finished(), "there may be more");
            drop(theirs);
            for_a_while().await;
            assert!(watch.0.is_finished(), "there is nothing more to come");
            drop(events);
            listener.join().expect("it has ended");
            assert_eq!(count.load(Ordering::SeqCst), 2, "the word, though nobody has read it, and the end");
        });
    }

    #[test]
    fn what_is_not_wanted_is_watched_no_more() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        LocalSet::new().block_on(&runtime, async {
            let (mut theirs, ours) = UnixStream::pair().expect("a socket");
            let (events, heard) = mpsc::unbounded_channel();
            let watched = sys::watch(Arc::new(ours.into()), Interest::READABLE).expect("it is watched");
            drop(watch(watched, &events));
            for_a_while().await;
            // The other end is closed as well by now.
            assert!(theirs.write_all(b"a word").is_err());
            assert!(heard.is_empty());
        });
    }
}
