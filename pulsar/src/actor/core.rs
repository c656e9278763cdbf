//! One incarnation as its own thread sees it: identity, counters, the tasks that end with it.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, Stream};

use super::{ActorInfo, Info, MailboxInfo, Params, SystemInfo};
use crate::address::Address;
use crate::crash::CrashReport;
use crate::exit::ExitReason;
use crate::id::{ActorId, Incarnation, Kind, State};
use crate::mailbox::AnyMailbox;
use crate::message::Tag;
use crate::recorder::Recorder;
use crate::reply::ReplyTo;
use crate::runner::Ended;
use crate::timers;

/// Whoever an incarnation answers to: the arbiter, or the loop it lives on.
pub(crate) trait Manager {
    /// The incarnation lives; the first time this is its handshake.
    fn notify(&self, core: &Core);
    /// Whether the next heartbeat is due; if so it has been sent.
    fn poll_tick(&self, core: &Core, cx: &mut TaskContext<'_>) -> Poll<()>;
    /// The incarnation takes no more messages: whoever sends waits for the next, before any answer it owed has failed.
    fn leaving(&self, core: &Core);
    /// The incarnation takes nothing more, and ends when it has done what it accepted.
    fn drain(&self, core: &Core);
    /// Of one that drains: this process sends it nothing more.
    fn left(&self, process: u32);
    /// Of one that drains: whether nobody sends it anything any more.
    fn is_left(&self) -> bool;
    /// The incarnation was told to stop by somebody else: see that it does.
    fn stop_requested(&self, core: &Core);
    /// The incarnation may now be silent for longer, or less long.
    fn timeout_changed(&self, core: &Core);
    /// The address that `monitor` stands for.
    fn address(&self) -> ActorId;
    /// What this process uses.
    fn system(&self) -> Option<SystemInfo>;
    /// The incarnation is about to be polled; what [`turned`](Self::turned) is handed then.
    fn turn(&self, _: &Core) -> u64 {
        0
    }
    /// It was polled.
    fn turned(&self, _: u64) {}
    /// The incarnation is over.
    fn ended(&self, core: &Core, ended: Ended) {
        core.ended.set(Some(Box::new(ended)));
    }
}

type LocalTask = Pin<Box<dyn Future<Output = ()>>>;

/// What is known of this incarnation after it, and what it knows of the one before.
pub(crate) struct Record {
    pub(crate) recorder: Recorder,
    pub(crate) last_crash: Option<Box<CrashReport>>,
}

/// What there is to read of an incarnation: most are never asked.
struct Texts {
    extra: RefCell<BTreeMap<String, String>>,
    /// What the actor's own part of `info` was, and when.
    shown: RefCell<(BTreeMap<String, String>, Instant)>,
}

/// What goes on beside the handlers: of most nothing does.
#[derive(Default)]
struct Beside {
    orphans: RefCell<Vec<ReplyTo>>,
    tasks: RefCell<FuturesUnordered<LocalTask>>,
    fresh: RefCell<Vec<LocalTask>>,
}

/// One incarnation.
pub(crate) struct Core {
    pub(crate) id: ActorId,
    /// `None` for `main`.
    pub(crate) kind: Option<Kind>,
    pub(crate) incarnation: Incarnation,
    pub(crate) params: Arc<Params>,
    pub(crate) specification: Bytes,
    pub(crate) address: Arc<Address>,
    pub(crate) mailbox: Arc<dyn AnyMailbox>,
    pub(crate) manager: Rc<dyn Manager>,
    pub(crate) began: Instant,
    pub(crate) state: Cell<State>,
    pub(crate) handled: Cell<u64>,
    pub(crate) dropped: Cell<u64>,
    pub(crate) record: Record,
    pub(crate) sender: Cell<ActorId>,
    /// Whether its running handler owes an answer.
    pub(crate) asked: Cell<bool>,
    /// To whom, if that one waits on the same loop. One that was answered may be kept until the next.
    near: RefCell<Option<ReplyTo>>,
    /// Whether its handler is being polled, so that an ask to itself could never be answered.
    pub(crate) handling: Cell<bool>,
    pub(crate) timeout: Cell<Duration>,
    pub(crate) heartbeat: Cell<Duration>,
    /// Of a task: when its next heartbeat is due, and when it last looked at the clock for it.
    pub(crate) due: Cell<Option<Instant>>,
    pub(crate) seen: Cell<u64>,
    texts: OnceCell<Box<Texts>>,
    stop: RefCell<Option<Box<ExitReason>>>,
    stopping: Cell<bool>,
    ending: Cell<bool>,
    now: Cell<bool>,
    draining: Cell<bool>,
    /// How many answers are worked on beside the handlers.
    deferred: Cell<u32>,
    beside: OnceCell<Box<Beside>>,
    busy_tasks: Cell<bool>,
    waker: RefCell<Option<Waker>>,
    /// How often that has changed.
    wakers: Cell<u32>,
    /// How it ended, for whoever ran it.
    pub(crate) ended: Cell<Option<Box<Ended>>>,
}

impl Core {
    pub(crate) fn new(
        address: Arc<Address>,
        kind: Option<Kind>,
        incarnation: Incarnation,
        (params, specification): (Arc<Params>, Bytes),
        mailbox: Arc<dyn AnyMailbox>,
        manager: Rc<dyn Manager>,
        record: Record,
    ) -> Rc<Self> {
        let now = timers::now();
        Rc::new(Self {
            id: address.id(),
            kind,
            incarnation,
            timeout: Cell::new(params.timeout),
            heartbeat: Cell::new(Params::heartbeat(params.timeout)),
            due: Cell::new(None),
            seen: Cell::new(0),
            texts: OnceCell::new(),
            params,
            specification,
            address,
            mailbox,
            manager,
            began: now,
            state: Cell::new(State::Starting),
            handled: Cell::new(0),
            dropped: Cell::new(0),
            record,
            sender: Cell::new(ActorId::ARBITER),
            asked: Cell::new(false),
            near: RefCell::new(None),
            handling: Cell::new(false),
            stop: RefCell::new(None),
            stopping: Cell::new(false),
            ending: Cell::new(false),
            now: Cell::new(false),
            draining: Cell::new(false),
            deferred: Cell::new(0),
            beside: OnceCell::new(),
            busy_tasks: Cell::new(false),
            waker: RefCell::new(None),
            wakers: Cell::new(0),
            ended: Cell::new(None),
        })
    }

    pub(crate) fn name(&self) -> String {
        self.params.name.clone().unwrap_or_else(|| self.id.to_string())
    }

    /// Runs a future beside the handlers, until it is done or the incarnation ends.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.beside.get_or_init(Box::default).fresh.borrow_mut().push(Box::pin(task));
        self.busy_tasks.set(true);
        self.wake();
    }

    /// The same of a future that gives an answer: who drains waits for it.
    pub(crate) fn spawn_answer(self: &Rc<Self>, task: impl Future<Output = ()> + 'static) {
        self.deferred.set(self.deferred.get() + 1);
        let core = self.clone();
        self.spawn(async move {
            task.await;
            core.deferred.set(core.deferred.get().saturating_sub(1));
        });
    }

    /// Takes nothing more, and ends when what was accepted is done.
    pub(crate) fn drain(&self) {
        if !self.draining.replace(true) {
            self.mailbox.seal();
            self.manager.drain(self);
        }
        self.wake();
    }

    /// Whether it drains, and has done all that it accepted.
    #[inline]
    pub(crate) fn has_drained(&self) -> bool {
        self.draining.get() && self.deferred.get() == 0 && self.manager.is_left() && self.mailbox.depth() == 0
    }

    /// Whether there is nothing to do but to handle messages.
    #[inline]
    pub(crate) fn only_handles(&self) -> bool {
        !(self.busy_tasks.get() || self.stopping.get() || self.draining.get())
    }

    /// Lets the tasks go on. The runner calls it whenever it is polled.
    #[inline]
    pub(crate) fn poll_tasks(&self, cx: &mut TaskContext<'_>) {
        if self.busy_tasks.get() {
            self.poll_busy_tasks(cx);
        }
    }

    fn poll_busy_tasks(&self, cx: &mut TaskContext<'_>) {
        let Beside { tasks, fresh, .. } = &**self.beside.get_or_init(Box::default);
        loop {
            let new = std::mem::take(&mut *fresh.borrow_mut());
            tasks.borrow_mut().extend(new);
            // A task may spawn another, which lands in `fresh`: the set itself is not borrowed by it.
            match Pin::new(&mut *tasks.borrow_mut()).poll_next(cx) {
                Poll::Ready(Some(())) => {}
                Poll::Ready(None) if fresh.borrow().is_empty() => {
                    self.busy_tasks.set(false);
                    return;
                }
                Poll::Pending if fresh.borrow().is_empty() => return,
                Poll::Ready(None) | Poll::Pending => {}
            }
        }
    }

    pub(crate) fn task_count(&self) -> usize {
        self.beside.get().map_or(0, |beside| beside.tasks.borrow().len() + beside.fresh.borrow().len())
    }

    /// Remembers how to wake the runner.
    #[inline]
    pub(crate) fn set_waker(&self, waker: &Waker) {
        let mut known = self.waker.borrow_mut();
        if !known.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *known = Some(waker.clone());
            self.wakers.set(self.wakers.get().wrapping_add(1));
        }
    }

    /// Changes when the runner is to be woken in another way: what was left with others of its wakers is void.
    #[inline]
    pub(crate) fn wakers(&self) -> u32 {
        self.wakers.get()
    }

    pub(crate) fn set_heartbeat(&self, heartbeat: Duration) {
        self.heartbeat.set(heartbeat);
        self.due.set(None);
    }

    pub(crate) fn wake(&self) {
        if let Some(waker) = &*self.waker.borrow() {
            waker.wake_by_ref();
        }
    }

    /// Asks the incarnation to end once its running handler is done. The first reason stands.
    pub(crate) fn stop(&self, reason: ExitReason) {
        self.stop.borrow_mut().get_or_insert_with(|| Box::new(reason));
        self.stopping.set(true);
        self.wake();
    }

    /// Has the running handler dropped where it awaits.
    pub(crate) fn end_now(&self) {
        self.now.set(true);
        self.wake();
    }

    pub(crate) fn must_end_now(&self) -> bool {
        self.now.get()
    }

    #[inline]
    pub(crate) fn must_stop(&self) -> bool {
        self.stopping.get()
    }

    #[inline]
    pub(crate) fn stop_requested(&self) -> Option<ExitReason> {
        if self.stopping.get() { self.stop.borrow().as_deref().cloned() } else { None }
    }

    /// From here on, an answer that is dropped waits for the exit reason.
    pub(crate) fn begin_ending(&self) {
        self.ending.set(true);
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.ending.get()
    }

    pub(crate) fn add_orphan(&self, orphan: Option<ReplyTo>) {
        if let Some(orphan) = orphan {
            self.beside.get_or_init(Box::default).orphans.borrow_mut().push(orphan);
        }
    }

    /// Whom the running handler owes an answer.
    pub(crate) fn owed(&self) -> Option<ReplyTo> {
        let near = || self.near.borrow().clone();
        if self.asked.get() { near().or_else(|| self.mailbox.owed()) } else { None }
    }

    /// A handler begins that owes an answer; to whom, if that one waits on the same loop.
    #[inline]
    pub(crate) fn owed_near(&self, near: Option<ReplyTo>) {
        // An answer that nobody took is dropped where nothing is borrowed.
        let before = self.near.replace(near);
        drop(before);
    }

    /// Drops what ends with the incarnation, and hands over the answers it owed.
    pub(crate) fn finish(&self) -> Vec<ReplyTo> {
        let Some(beside) = self.beside.get() else { return Vec::new() };
        // A destructor may spawn once more; that is dropped, too.
        for _ in 0..2 {
            let fresh = std::mem::take(&mut *beside.fresh.borrow_mut());
            drop(fresh);
        }
        let tasks = std::mem::take(&mut *beside.tasks.borrow_mut());
        drop(tasks);
        std::mem::take(&mut *beside.orphans.borrow_mut())
    }

    /// One more message has been dealt with; `done` is the command, if that was finished.
    #[inline]
    pub(crate) fn count_handled(&self, done: Option<Tag>) {
        self.handled.set(self.handled.get() + 1);
        if let Some(tag) = done {
            self.record.recorder.done(tag, self.handled.get());
        }
    }

    pub(crate) fn count_late(&self) {
        self.dropped.set(self.dropped.get() + 1);
    }

    /// What is known without the actor's own part.
    pub(crate) fn info(&self) -> Info {
        let mut info = Info::new(self.actor_info());
        info.mailbox = MailboxInfo {
            depth: self.mailbox.depth(),
            handled: self.handled.get(),
            dropped: self.dropped.get(),
            in_flight: self.task_count() as u64 + u64::from(self.asked.get()),
        };
        let shown = self.texts().shown.borrow();
        info.extra.clone_from(&shown.0);
        info.extra_age = shown.1.elapsed();
        info
    }

    pub(crate) fn actor_info(&self) -> ActorInfo {
        ActorInfo {
            name: self.name(),
            id: self.id,
            kind: self.kind,
            state: self.state.get(),
            uptime: self.began.elapsed(),
            pid: std::process::id(),
            thread: std::thread::current().name().unwrap_or("unnamed").to_string(),
            incarnation: self.incarnation,
            restarts: self.incarnation.saturating_sub(1),
        }
    }

    /// What the actor's own part of `info` was, for when it is busy.
    pub(crate) fn show(&self, extra: BTreeMap<String, String>) {
        *self.texts().shown.borrow_mut() = (extra, Instant::now());
    }

    fn texts(&self) -> &Texts {
        let texts = || Texts {
            extra: RefCell::new(self.params.extra.clone()),
            shown: RefCell::new((BTreeMap::new(), self.began)),
        };
        self.texts.get_or_init(|| Box::new(texts()))
    }

    /// The settings of its own.
    pub(crate) fn extra(&self) -> &RefCell<BTreeMap<String, String>> {
        &self.texts().extra
    }
}
