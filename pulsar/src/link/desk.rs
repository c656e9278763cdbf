//! Who reads a connection: its home, the loop that it was made on, or for a while the loop that waits for its answers.
//!
//! In the master all connections are at home with the arbiter. An answer that is read there wakes the arbiter's thread, which wakes
//! the asker's: two switches where one would do. So a loop that is the only one to use a connection reads it itself. One
//! that does not come to it (its code takes long, or it has nothing to ask) loses it to the home.

use std::future::{Future, poll_fn};
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tracing::Level;

use super::Link;
use super::inbound::Inbound;
use super::reader::{Reading, Turn};
use crate::concurrency::sys;
use crate::host::{self, LoopId, NO_LOOP};
use crate::report;
use crate::sync::{Mutex, lock};

/// How long another loop may leave a connection unread before its home reads it.
const PATIENCE: Duration = Duration::from_millis(2);

/// How much one loop alone has to say over a connection before it reads it, too.
const STREAK: u32 = 16;

/// Where the way in is kept while nobody is at it.
pub(super) struct Desk {
    home: LoopId,
    /// The loop that sent the last message, and how many it sent without another doing so.
    sender: AtomicU64,
    streak: AtomicU32,
    state: Mutex<State>,
}

struct State {
    reading: Option<Box<Reading>>,
    /// The loop that is to read.
    reader: LoopId,
    /// Whether there is something to do that the socket does not tell of.
    more: bool,
    /// The connection is over: nobody is to read any more.
    over: bool,
    /// How often another loop than its home has come to it.
    visits: u64,
    at_home: Option<Waker>,
    elsewhere: Option<Waker>,
}

/// What a loop finds at the desk.
enum Found {
    /// Somebody else is to read.
    NotMine,
    /// It is to read when there is something.
    Mine,
    /// There is something.
    More,
}

impl Desk {
    pub(super) fn new(home: LoopId, process: u32) -> Self {
        let state = State {
            reading: Some(Box::new(Reading::new(process))),
            reader: home,
            more: false,
            over: false,
            visits: 0,
            at_home: None,
            elsewhere: None,
        };
        Self { home, sender: AtomicU64::new(NO_LOOP), streak: AtomicU32::new(0), state: Mutex::new(state) }
    }

    pub(super) fn home(&self) -> LoopId {
        self.home
    }

    /// A message was sent from this thread. A loop that alone uses a connection is to read it, too.
    pub(super) fn used(&self, link: &Weak<Link>) {
        let me = host::loop_id();
        // The home reads as it is, and what the arbiter says now and then is no use.
        if me == self.home {
            return;
        }
        if self.sender.load(Ordering::Relaxed) != me || me == NO_LOOP {
            self.come_home();
            self.sender.store(me, Ordering::Relaxed);
            self.streak.store(0, Ordering::Relaxed);
            return;
        }
        let streak = self.streak.load(Ordering::Relaxed);
        if streak < STREAK {
            self.streak.store(streak + 1, Ordering::Relaxed);
            if streak + 1 == STREAK
                && let Some(link) = link.upgrade()
            {
                host::spawn(Box::pin(read_elsewhere(link, me)));
            }
        }
    }

    /// Has its home read again, if another loop does.
    pub(super) fn come_home(&self) {
        if self.streak.load(Ordering::Relaxed) >= STREAK {
            self.sender.store(NO_LOOP, Ordering::Relaxed);
            self.streak.store(0, Ordering::Relaxed);
            self.pass_on(None, self.home);
        }
    }

    fn is_used_by(&self, reader: LoopId) -> bool {
        self.streak.load(Ordering::Relaxed) >= STREAK && self.sender.load(Ordering::Relaxed) == reader
    }

    /// Has `to` read from now on, where `from` is to.
    fn pass_on(&self, from: Option<LoopId>, to: LoopId) {
        let mut state = lock(&self.state);
        if state.over || state.reader == to || from.is_some_and(|from| from != state.reader) {
            return;
        }
        state.reader = to;
        let woken = [state.at_home.take(), state.elsewhere.take()];
        drop(state);
        woken.into_iter().flatten().for_each(Waker::wake);
    }

    /// There is nothing more to read, by anyone; what has come in part is of no use.
    fn clear(&self) {
        let mut state = lock(&self.state);
        state.over = true;
        let reading = state.reading.take();
        let woken = state.elsewhere.take();
        drop(state);
        drop(reading);
        woken.into_iter().for_each(Waker::wake);
    }

    /// Waits while another is about to leave.
    fn poll(&self, me: LoopId, cx: &TaskContext<'_>) -> Poll<Found> {
        let mut state = lock(&self.state);
        if state.over {
            return Poll::Ready(Found::NotMine);
        }
        if state.reader == me && state.reading.is_some() {
            if state.more {
                return Poll::Ready(Found::More);
            }
            remember(self.home == me, &mut state, cx.waker());
            return Poll::Ready(Found::Mine);
        }
        let mine = state.reader == me;
        remember(self.home == me, &mut state, cx.waker());
        if mine { Poll::Pending } else { Poll::Ready(Found::NotMine) }
    }

    fn take(&self, me: LoopId) -> Option<Box<Reading>> {
        let mut state = lock(&self.state);
        if state.reader != me {
            return None;
        }
        state.visits += u64::from(me != self.home);
        state.reading.take()
    }

    fn put_back(&self, me: LoopId, reading: Box<Reading>, more: bool) {
        let mut state = lock(&self.state);
        state.reading = Some(reading);
        state.more = more;
        // Somebody else's turn has come meanwhile.
        let woken = if state.reader == me { None } else { [state.at_home.take(), state.elsewhere.take()].into() };
        drop(state);
        woken.into_iter().flatten().flatten().for_each(Waker::wake);
    }

    fn visits(&self) -> u64 {
        lock(&self.state).visits
    }
}

fn remember(home: bool, state: &mut State, waker: &Waker) {
    let known = if home { &mut state.at_home } else { &mut state.elsewhere };
    if !known.as_ref().is_some_and(|known| known.will_wake(waker)) {
        *known = Some(waker.clone());
    }
}

/// Reads until the connection is over; while another loop reads, sees that it does.
pub(super) async fn read(link: Arc<Link>) {
    let home = link.desk.home();
    let broken = loop {
        match sys::watch(link.stream.clone(), Interest::READABLE) {
            Ok(stream) => {
                if let Some(broken) = sit(&link, home, &stream).await {
                    break broken;
                }
            }
            Err(error) => {
                let process = link.process;
                report::note(Level::ERROR, format!("the connection to process {process} cannot be read: {error}"));
                break None;
            }
        }
        watch_over(&link, home).await;
    };
    link.desk.clear();
    link.shut();
    link.closing();
    Inbound::ended(&link, broken).await;
}

/// Reads as long as this loop is to. `Some` if the connection is over.
async fn sit(link: &Arc<Link>, me: LoopId, stream: &AsyncFd<Arc<OwnedFd>>) -> Option<Option<String>> {
    loop {
        let ready = poll_fn(|cx| match link.desk.poll(me, cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Found::NotMine) => Poll::Ready(None),
            Poll::Ready(Found::More) => Poll::Ready(Some(None)),
            Poll::Ready(Found::Mine) => stream.poll_read_ready(cx).map(|ready| Some(ready.ok())),
        })
        .await?;
        let Some(mut reading) = link.desk.take(me) else { continue };
        let turn = reading.turn(link);
        link.desk.put_back(me, reading, !matches!(turn, Turn::Empty));
        match turn {
            Turn::Empty => {
                if let Some(mut ready) = ready {
                    ready.clear_ready();
                }
            }
            Turn::More => tokio::task::yield_now().await,
            Turn::Over(broken) => return Some(broken),
        }
    }
}

/// Waits until this loop, the home, is to read again, which is when nobody else has for a while.
async fn watch_over(link: &Link, home: LoopId) {
    let mut visits = link.desk.visits();
    loop {
        let mut patience = pin!(tokio::time::sleep(PATIENCE));
        let mine = poll_fn(|cx| match link.desk.poll(home, cx) {
            Poll::Ready(Found::Mine | Found::More) => Poll::Ready(true),
            Poll::Ready(Found::NotMine) | Poll::Pending => patience.as_mut().poll(cx).map(|()| false),
        })
        .await;
        if mine {
            return;
        }
        let now = link.desk.visits();
        if now == visits {
            link.desk.come_home();
            link.desk.pass_on(None, home);
        }
        visits = now;
    }
}

/// Reads on the loop `me`, as long as it is to.
pub(super) async fn read_elsewhere(link: Arc<Link>, me: LoopId) {
    /// The home reads again, also where this loop ends.
    struct Home<'a>(&'a Link, LoopId);
    impl Drop for Home<'_> {
        fn drop(&mut self) {
            self.0.desk.pass_on(Some(self.1), self.0.desk.home);
        }
    }
    if !link.desk.is_used_by(me) {
        return;
    }
    let Ok(stream) = sys::watch(link.stream.clone(), Interest::READABLE) else { return };
    link.desk.pass_on(None, me);
    let _home = Home(&link, me);
    sit(&link, me, &stream).await;
}
