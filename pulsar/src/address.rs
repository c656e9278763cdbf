//! A logical address: who an actor is, and where its present incarnation can be reached from this process.
//!
//! It outlives incarnations. Senders find the route here, and wait here while there is none.

#[cfg(all(test, feature = "_shuttle"))]
mod interleavings;
mod window;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock, Weak};
use std::task::Waker;

use serde::{Deserialize, Serialize};

use crate::actor::Routing;
use crate::command::Order;
use crate::exit::ExitReason;
use crate::id::{ActorId, Incarnation};
use crate::mailbox::AnyMailbox;
use crate::members::Members;
use crate::peer::Peer;
use crate::reply::Reply;
use crate::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use crate::sync::{Mutex, lock};
pub(crate) use window::{Entry, Window};

/// The most messages that one process may have on their way to one actor of another.
pub(crate) const MAX_WINDOW: u32 = 256;

/// One actor, as this process knows it.
pub(crate) struct Address {
    id: ActorId,
    state: Mutex<AddressState>,
    /// How many asks of this process its pool has given it and it has not answered.
    asks: AtomicU32,
    /// Whether the first incarnation that it led to in another process is over.
    moved: AtomicBool,
    /// That incarnation: most processes meet no other, and find it without the lock.
    far: OnceLock<Box<Far>>,
}

/// An incarnation in another process.
pub(crate) struct Far {
    /// Not held: an address outlives the connections that it led over, and their descriptors.
    peer: Weak<dyn Peer>,
    pub(crate) incarnation: Incarnation,
    pub(crate) window: Arc<Window>,
    /// How its commands are declared there.
    pub(crate) fingerprint: Option<u64>,
}

struct AddressState {
    route: Route,
    name: Option<Arc<str>>,
    fingerprint: Option<u64>,
    /// Of a task actor: whoever keeps it.
    keeper: Option<Arc<dyn Keeper>>,
    /// Most addresses interest nobody but those who send.
    interest: Option<Box<Interest>>,
}

/// Who is to hear of a change.
#[derive(Default)]
struct Interest {
    waiters: Vec<Waker>,
    /// Who waits for other members of a monitor. They may be the same for long, so whoever does not wait any more is taken out.
    watchers: HashMap<u64, Waker>,
    /// The processes that asked where it is, and are told when that changes.
    subscribers: Vec<u32>,
}

/// Keeps task actors, and takes orders about them from any thread.
pub(crate) trait Keeper: Send + Sync {
    fn order(&self, id: ActorId, order: Order, reply: Reply);
}

/// Where to send.
#[derive(Clone)]
pub(crate) enum Route {
    /// Nobody has been asked yet.
    Unknown,
    /// It is being asked, or the actor is being started: wait.
    Wait,
    /// In this process.
    Local { mailbox: Arc<dyn AnyMailbox>, incarnation: Incarnation },
    /// In another process.
    Remote { peer: Arc<dyn Peer>, incarnation: Incarnation, window: Arc<Window> },
    /// It lives in the arbiter: a supervisor, or the monitor of a pool, whose members get what is sent.
    Monitor(Arc<Members>),
    /// It is gone for good.
    Gone(ExitReason),
    /// It was never there, as far as anybody knows.
    Missing,
}

/// What one process tells another of an actor's place.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Place {
    /// It lives in the process `process`.
    At { process: u32, incarnation: Incarnation, window: u32, fingerprint: u64, name: Option<String> },
    /// It lives in the arbiter, and has these members.
    Monitor { routing: Option<Routing>, members: Vec<ActorId>, fingerprint: u64, name: Option<String> },
    /// The process `process` knows.
    Ask { process: u32 },
    /// It is being started; news will follow.
    Wait,
    /// It is gone for good.
    Gone(ExitReason),
    /// It was never there.
    Missing,
}

impl Address {
    pub(crate) fn new(id: ActorId, name: Option<Arc<str>>, route: Route) -> Arc<Self> {
        let state = AddressState { route, name, fingerprint: None, keeper: None, interest: None };
        let address = Self::of(id, state);
        address.leads_on(&lock(&address.state));
        Arc::new(address)
    }

    fn of(id: ActorId, state: AddressState) -> Self {
        let (asks, moved, far) = (AtomicU32::new(0), AtomicBool::new(false), OnceLock::new());
        Self { id, state: Mutex::new(state), asks, moved, far }
    }

    pub(crate) fn id(&self) -> ActorId {
        self.id
    }

    /// Of an actor that this process keeps, and that is being started.
    pub(crate) fn kept(
        id: ActorId,
        name: Option<Arc<str>>,
        fingerprint: u64,
        keeper: Option<Arc<dyn Keeper>>,
    ) -> Arc<Self> {
        let fingerprint = Some(fingerprint);
        let state = AddressState { route: Route::Wait, name, fingerprint, keeper, interest: None };
        Arc::new(Self::of(id, state))
    }

    pub(crate) fn keeper(&self) -> Option<Arc<dyn Keeper>> {
        lock(&self.state).keeper.clone()
    }

    pub(crate) fn name(&self) -> Option<Arc<str>> {
        lock(&self.state).name.clone()
    }

    /// How the actor is called in a message to a person.
    pub(crate) fn label(&self) -> String {
        self.name().map_or_else(|| self.id.to_string(), |name| name.to_string())
    }

    pub(crate) fn fingerprint(&self) -> Option<u64> {
        lock(&self.state).fingerprint
    }

    pub(crate) fn route(&self) -> Route {
        lock(&self.state).route.clone()
    }

    /// The route is another one.
    fn leads_on(&self, state: &AddressState) {
        if self.far.get().is_some() {
            self.moved.store(true, Ordering::Release);
        } else if let Some(far) = state.far() {
            let _ = self.far.set(Box::new(far));
        }
    }

    /// Runs `f` with the incarnation in another process that it leads to, if it does, under no lock.
    #[inline]
    pub(crate) fn with_far<R>(&self, f: impl FnOnce(&dyn Peer, &Far) -> R) -> Option<R> {
        let first = self.far.get()?;
        if !self.moved.load(Ordering::Acquire) {
            return Some(f(&*first.peer.upgrade()?, first));
        }
        let present = lock(&self.state).far()?;
        Some(f(&*present.peer.upgrade()?, &present))
    }

    /// The members, where it is a monitor's.
    pub(crate) fn members(&self) -> Option<Arc<Members>> {
        match &lock(&self.state).route {
            Route::Monitor(members) => Some(members.clone()),
            _ => None,
        }
    }

    /// The route, if it is one to send on or a final answer; else `waker` is woken when that changes.
    pub(crate) fn route_or_wait(&self, waker: Option<&Waker>) -> Route {
        let mut state = lock(&self.state);
        if let (Route::Wait, Some(waker)) = (&state.route, waker) {
            state.wait(waker);
        }
        let route = state.route.clone();
        // Whoever sees `Unknown` asks; the others wait for what it learns.
        if matches!(route, Route::Unknown) {
            state.route = Route::Wait;
            if let Some(waker) = waker {
                state.wait(waker);
            }
        }
        route
    }

    /// Waits until the incarnation that has just refused a message is no longer the route. False if it is not already.
    pub(crate) fn wait_beyond(&self, refused: Incarnation, waker: Option<&Waker>) -> bool {
        let mut state = lock(&self.state);
        let current = match &state.route {
            Route::Local { incarnation, .. } | Route::Remote { incarnation, .. } => *incarnation == refused,
            _ => false,
        };
        if let (true, Some(waker)) = (current, waker) {
            state.wait(waker);
        }
        current
    }

    pub(crate) fn set_route(&self, route: Route) {
        let mut state = lock(&self.state);
        state.route = route;
        self.leads_on(&state);
        let Some(interest) = &mut state.interest else { return };
        let waiters = std::mem::take(&mut interest.waiters);
        let watchers = std::mem::take(&mut interest.watchers);
        drop(state);
        waiters.into_iter().chain(watchers.into_values()).for_each(Waker::wake);
    }

    /// Waits until a monitor's members are others than these. False if they are already.
    pub(crate) fn wait_beyond_members(
        self: &Arc<Self>,
        members: &Arc<Members>,
        watch: &mut Option<Watch>,
        waker: Option<&Waker>,
    ) -> bool {
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let watch = waker.map(|waker| {
            let new = || Watch { address: self.clone(), number: NEXT.fetch_add(1, Ordering::Relaxed) };
            (watch.get_or_insert_with(new).number, waker)
        });
        let mut state = lock(&self.state);
        let same = matches!(&state.route, Route::Monitor(known) if Arc::ptr_eq(known, members));
        if let (true, Some((number, waker))) = (same, watch) {
            state.interest().watchers.insert(number, waker.clone());
        }
        same
    }

    /// Whether nobody will ever be there again.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(lock(&self.state).route, Route::Gone(_) | Route::Missing)
    }

    /// Whether its incarnation can be sent to, as far as this process knows.
    pub(crate) fn can_be_sent_to(&self) -> bool {
        matches!(lock(&self.state).route, Route::Local { .. } | Route::Remote { .. })
    }

    /// How much this process knows to be before it.
    pub(crate) fn load(&self) -> u64 {
        let waiting = match self.route() {
            Route::Local { mailbox, .. } => mailbox.depth(),
            Route::Remote { window, .. } => window.waiting(),
            _ => 0,
        };
        waiting + u64::from(self.asks.load(Ordering::Relaxed))
    }

    /// Counts an ask until the guard is dropped.
    pub(crate) fn count_ask(self: &Arc<Self>) -> Load {
        self.asks.fetch_add(1, Ordering::Relaxed);
        Load(self.clone())
    }

    /// Forgets the route of this incarnation, so that senders wait for the next. False if it was not the route.
    pub(crate) fn lose(&self, ended: Incarnation) -> bool {
        let mut state = lock(&self.state);
        let current = matches!(&state.route,
            Route::Local { incarnation, .. } | Route::Remote { incarnation, .. } if *incarnation == ended);
        if current {
            state.route = Route::Wait;
            self.leads_on(&state);
            let waiters = state.interest.as_mut().map(|interest| std::mem::take(&mut interest.waiters));
            drop(state);
            waiters.into_iter().flatten().for_each(Waker::wake);
        }
        current
    }

    pub(crate) fn describe(&self, name: Option<&str>, fingerprint: u64) {
        let mut state = lock(&self.state);
        if state.name.is_none() {
            state.name = name.map(Arc::from);
        }
        state.fingerprint = Some(fingerprint);
    }

    pub(crate) fn subscribe(&self, process: u32) {
        let mut state = lock(&self.state);
        let subscribers = &mut state.interest().subscribers;
        if !subscribers.contains(&process) {
            subscribers.push(process);
        }
    }

    pub(crate) fn unsubscribe(&self, process: u32) {
        if let Some(interest) = &mut lock(&self.state).interest {
            interest.subscribers.retain(|&subscriber| subscriber != process);
        }
    }

    pub(crate) fn subscribers(&self) -> Vec<u32> {
        lock(&self.state).interest.as_ref().map_or_else(Vec::new, |interest| interest.subscribers.clone())
    }

    /// What to tell another process, where the actor lives in this one or in one that `process` numbers.
    pub(crate) fn place(&self, here: u32) -> Place {
        let state = lock(&self.state);
        let at = |process, incarnation, window| Place::At {
            process,
            incarnation,
            window,
            fingerprint: state.fingerprint.unwrap_or(0),
            name: state.name.as_ref().map(ToString::to_string),
        };
        match &state.route {
            Route::Local { mailbox, incarnation } => at(here, *incarnation, mailbox.capacity().min(MAX_WINDOW)),
            Route::Remote { peer, incarnation, window } => at(peer.process(), *incarnation, window.capacity()),
            Route::Monitor(members) => Place::Monitor {
                routing: members.routing(),
                members: members.list().iter().map(|member| member.id()).collect(),
                fingerprint: state.fingerprint.unwrap_or(0),
                name: state.name.as_ref().map(ToString::to_string),
            },
            Route::Unknown | Route::Wait => Place::Wait,
            Route::Gone(reason) => Place::Gone(reason.clone()),
            Route::Missing => Place::Missing,
        }
    }
}

impl AddressState {
    fn far(&self) -> Option<Far> {
        let Route::Remote { peer, incarnation, window } = &self.route else { return None };
        let (peer, window) = (Arc::downgrade(peer), window.clone());
        Some(Far { peer, incarnation: *incarnation, window, fingerprint: self.fingerprint })
    }

    fn interest(&mut self) -> &mut Interest {
        self.interest.get_or_insert_default()
    }

    fn wait(&mut self, waker: &Waker) {
        let waiters = &mut self.interest().waiters;
        if !waiters.iter().any(|known| known.will_wake(waker)) {
            waiters.push(waker.clone());
        }
    }
}

/// Waits for other members of a monitor; no longer when it is dropped.
pub(crate) struct Watch {
    address: Arc<Address>,
    number: u64,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let waker = lock(&self.address.state).interest.as_mut().and_then(|it| it.watchers.remove(&self.number));
        drop(waker);
    }
}

/// An ask that a member of a pool has not answered.
pub(crate) struct Load(Arc<Address>);

impl Drop for Load {
    fn drop(&mut self) {
        self.0.asks.fetch_sub(1, Ordering::Relaxed);
        if let Route::Remote { window, .. } = self.0.route() {
            window.answered();
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label())
    }
}
