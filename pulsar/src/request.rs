//! A request: a future that sends a command and waits for its answer, within a deadline.
//!
//! Also the other ways to send it: `tell`, `try_tell`, `wait`. Must not know where the actor runs.

mod at_once;
mod content;
mod deliver;
#[cfg(all(test, feature = "_shuttle"))]
mod interleavings;

use crate::error::Never;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use at_once::at_once;
pub(crate) use content::Content;
use content::{sender, sender_to};
use deliver::{Delivered, Delivery};

use crate::actor::{Actor, AnyActor};
use crate::address::Address;
use crate::error::{AskError, Failure};
use crate::proxy::Proxy;
use crate::reply::{AnySlot, Slot};
use crate::scope;
use crate::wire::Wire;
use crate::{host, timers};

/// How long a request waits unless it is told otherwise.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);

/// How long the runtime waits for what has deadlines of its own.
pub(crate) const LONG: Duration = Duration::from_secs(3600);

/// A command on its way to an actor. Await it to ask; nothing is sent before.
///
/// The answer is awaited for 5 s from the first poll, or what is left of the deadline of the message that the running
/// handler is working on, whichever is shorter. The deadline travels with the message.
///
/// # Errors
///
/// [`AskError`]. Every ask ends.
///
/// # Cancel safety
///
/// A request that is dropped takes its message back if the actor has not begun it; a running handler is told
/// ([`Context::cancelled`](crate::Context::cancelled)).
///
/// ```no_run
/// use std::time::Duration;
/// use pulsar::prelude::*;
///
/// #[actor]
/// struct Counter { #[state] total: u64 }
///
/// #[actor]
/// impl Counter {
///     /// Adds `n`.
///     #[command]
///     fn add(&mut self, n: u64) -> u64 { self.total += n; self.total }
/// }
///
/// # async fn doc() -> Result<()> {
/// let counter = Counter::new().spawn().await?;
/// counter.add(1).await?;                                        // ask
/// counter.add(1).timeout(Duration::from_millis(50)).await?;     // for 50 ms at most
/// counter.add(1).tell().await?;                                 // waits only for room in the mailbox
/// counter.add(1).try_tell()?;                                   // waits for nothing
/// # Ok(()) }
/// ```
#[must_use = "a request does nothing before it is awaited"]
pub struct Request<'a, A: Actor, T, E = Never> {
    to: To<'a, A>,
    content: Option<Content<A::Message>>,
    again: Option<Again<A::Message>>,
    timeout: Option<Duration>,
    wait: Option<Wait<T, E>>,
    /// What only a message has that was not delivered at once.
    delivery: Option<Delivery>,
}

/// Makes the message of an idempotent command anew.
type Again<M> = Box<dyn Fn() -> Option<M> + Send + Sync>;

/// An ask under way.
struct Wait<T, E> {
    slot: Arc<Slot<T, E>>,
    began: Instant,
    deadline: Instant,
    timer: timers::Key,
    delivered: Option<Delivered>,
    /// The answer was handed over, or the deadline said.
    over: bool,
}

impl<T, E> Drop for Wait<T, E> {
    #[inline]
    fn drop(&mut self) {
        timers::forget(self.timer);
        if !self.over {
            self.give_up();
        }
    }
}

impl<T, E> Wait<T, E> {
    #[cold]
    fn give_up(&self) {
        if !self.slot.abandon() {
            self.slot.discard();
        }
        // Of an ask that was answered there is nothing to cancel, and nothing is sent.
        if let Some((peer, request)) = self.delivered.as_ref().and_then(|delivered| delivered.peer.as_ref()) {
            peer.cancel(*request);
        }
    }
}

/// Whom a request is for.
#[cfg_attr(
    feature = "_shuttle",
    expect(clippy::large_enum_variant, reason = "a scheduler's locks are larger than those of the standard library")
)]
enum To<'a, A: Actor> {
    Proxy(&'a Proxy<A>),
    Owned(Proxy<A>),
    /// A name that has to be looked up first.
    Lookup(Pin<Box<dyn Future<Output = Result<Arc<Address>, Failure>> + Send>>),
    Failed(Box<Failure>),
}

impl<A: Actor, T, E> fmt::Debug for Request<'_, A, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("sent", &self.content.is_none()).finish_non_exhaustive()
    }
}

impl<'a, A: Actor, T, E> Request<'a, A, T, E> {
    /// A request of one of the actor's own commands. Called by the typed proxy.
    #[doc(hidden)]
    pub fn new(proxy: &'a Proxy<A>, message: A::Message) -> Self {
        Self::of(proxy, Content::Typed(message))
    }

    pub(crate) fn of(proxy: &'a Proxy<A>, content: Content<A::Message>) -> Self {
        Self::with(To::Proxy(proxy), content)
    }

    pub(crate) fn owned(proxy: Result<Proxy<A>, Failure>, content: Content<A::Message>) -> Request<'static, A, T, E> {
        Request::with(proxy.map_or_else(|failure| To::Failed(Box::new(failure)), To::Owned), content)
    }

    fn with(to: To<'a, A>, content: Content<A::Message>) -> Self {
        Self { to, content: Some(content), again: None, timeout: None, wait: None, delivery: None }
    }

    /// Marks the command as idempotent: `message` makes it anew for the next incarnation. Called by the typed proxy.
    #[doc(hidden)]
    pub fn again(self, message: impl Fn() -> A::Message + Send + Sync + 'static) -> Self {
        self.again_if(move || Some(message()))
    }

    /// The same of a message that perhaps cannot be made anew.
    pub(crate) fn again_if(mut self, message: impl Fn() -> Option<A::Message> + Send + Sync + 'static) -> Self {
        self.again = Some(Box::new(message));
        self
    }

    /// How long to wait, instead of 5 s. A shorter inherited deadline still stands.
    ///
    /// The time runs from the first poll.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc(counter: CounterProxy) -> Result<()> {
    /// counter.add(1).timeout(std::time::Duration::from_millis(50)).await?;
    /// # Ok(()) }
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

/// When it begins, which is now, and when it is due.
fn deadline(timeout: Option<Duration>) -> (Instant, Instant) {
    let began = timers::now();
    let own = began + timeout.unwrap_or(TIMEOUT).min(LONG * 24 * 365);
    (began, scope::deadline().map_or(own, |inherited| own.min(inherited)))
}

impl<A: Actor, T, E> Request<'static, A, T, E> {
    pub(crate) fn lookup(
        address: impl Future<Output = Result<Arc<Address>, Failure>> + Send + 'static,
        content: Content<A::Message>,
    ) -> Self {
        Self::with(To::Lookup(Box::pin(address)), content)
    }
}

impl<A: Actor> To<'_, A> {
    /// The proxy, once it is known.
    fn poll(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<&Proxy<A>, Failure>> {
        if let Self::Lookup(lookup) = self {
            match lookup.as_mut().poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(address)) => *self = Self::Owned(Proxy::from_address(address)),
                Poll::Ready(Err(failure)) => *self = Self::Failed(Box::new(failure)),
            }
        }
        Poll::Ready(match self {
            Self::Proxy(proxy) => Ok(proxy),
            Self::Owned(proxy) => Ok(proxy),
            Self::Failed(failure) => Err((**failure).clone()),
            Self::Lookup(_) => Err(Failure::NoReply),
        })
    }
}

impl<'a, A: Actor, T: Wire, E: Wire> Request<'a, A, T, E> {
    /// Sends it without waiting for an answer; waits only for room in the mailbox, within the same deadline.
    ///
    /// # Errors
    ///
    /// [`AskError`]: when this returns `Ok` the mailbox has accepted the message (of an actor in another process: there
    /// was room for it). Should the incarnation die before it handles it, its exit report counts it.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is done, nothing is sent.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc(counter: CounterProxy) -> Result<()> {
    /// counter.add(1).tell().await?;
    /// # Ok(()) }
    /// ```
    #[inline]
    pub fn tell(self) -> impl Future<Output = Result<(), AskError>> + use<'a, A, T, E> {
        let Self { to, content, again, timeout, wait, delivery } = self;
        // There is none of these as a rule, and the compiler sees it.
        if let Some(again) = again {
            drop(again);
        }
        if let Some(wait) = wait {
            drop(wait);
        }
        if let Some(delivery) = delivery {
            drop(delivery);
        }
        Tell { to, content, timeout, waiting: None, answer: PhantomData::<fn() -> (T, E)> }
    }

    /// Sends it if there is room now. Waits for nothing.
    ///
    /// # Errors
    ///
    /// [`AskError::Full`] where there is no room now: the mailbox is full, the actor is being restarted, or this process
    /// has not heard yet where it lives (it asks; try again).
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc(counter: CounterProxy) -> Result<()> {
    /// match counter.add(1).try_tell() {
    ///     Err(AskError::Full) => println!("later"),
    ///     sent => sent?,
    /// }
    /// # Ok(()) }
    /// ```
    pub fn try_tell(mut self) -> Result<(), AskError> {
        if let To::Proxy(proxy) = &self.to
            && at_once::<A, Slot<T, E>>(proxy, &mut self.content, None)
        {
            return Ok(());
        }
        let mut cx = TaskContext::from_waker(Waker::noop());
        let proxy = match self.to.poll(&mut cx) {
            Poll::Ready(proxy) => proxy?,
            Poll::Pending => return Err(AskError::Full),
        };
        match self.delivery.get_or_insert_default().poll(proxy, &mut self.content, None, None, None) {
            Poll::Ready(sent) => sent.map(drop),
            Poll::Pending => Err(AskError::Full),
        }
    }

    /// Asks, and blocks this thread until the answer is there: for plain threads. On an actor's loop it would stop the loop.
    ///
    /// # Errors
    ///
    /// As when it is awaited.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc(counter: CounterProxy) -> Result<()> {
    /// std::thread::spawn(move || println!("{:?}", counter.add(1).wait()));
    /// # Ok(()) }
    /// ```
    pub fn wait(mut self) -> Result<T, AskError<E>> {
        struct Unpark {
            woken: AtomicBool,
            thread: Thread,
        }
        impl Wake for Unpark {
            fn wake(self: Arc<Self>) {
                self.woken.store(true, Ordering::Release);
                self.thread.unpark();
            }
        }
        // The loop of this thread, if it has one, stands still meanwhile: nothing is left to it.
        let (_host, _timers) = (host::set_aside(), timers::set_aside());
        let unpark = Arc::new(Unpark { woken: AtomicBool::new(false), thread: std::thread::current() });
        let waker = Waker::from(unpark.clone());
        let mut cx = TaskContext::from_waker(&waker);
        loop {
            match Pin::new(&mut self).poll(&mut cx) {
                Poll::Ready(answer) => return answer,
                Poll::Pending => host::rest(&|| unpark.woken.load(Ordering::Acquire)),
            }
            // Before it looks again: who wakes it from now on has it look once more.
            unpark.woken.swap(false, Ordering::AcqRel);
        }
    }
}

/// A tell under way.
struct Tell<'a, A: Actor, Answer> {
    to: To<'a, A>,
    content: Option<Content<A::Message>>,
    timeout: Option<Duration>,
    waiting: Option<Waiting>,
    answer: PhantomData<Answer>,
}

/// What only a tell has that was not delivered at once.
#[derive(Default)]
struct Waiting {
    delivery: Delivery,
    timer: Option<(Arc<Slot<(), Never>>, timers::Key)>,
}

impl<A: Actor, Answer> Unpin for Tell<'_, A, Answer> {}

impl<A: Actor, T: Wire, E: Wire> Future for Tell<'_, A, fn() -> (T, E)> {
    type Output = Result<(), AskError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let Self { to, content, waiting, .. } = &mut *self;
        if let (To::Proxy(proxy), None) = (to, waiting)
            && at_once::<A, Slot<T, E>>(proxy, content, None)
        {
            return Poll::Ready(Ok(()));
        }
        self.poll_on(cx)
    }
}

impl<A: Actor, Answer> Tell<'_, A, Answer> {
    #[inline(never)]
    fn poll_on(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), AskError>> {
        let sent = self.poll_delivery(cx);
        if sent.is_ready() {
            // One that is kept keeps neither its place among those who wait nor its message.
            self.content = None;
            self.waiting = None;
        }
        sent
    }

    fn poll_delivery(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), AskError>> {
        let Waiting { delivery, timer } = self.waiting.get_or_insert_default();
        if let Poll::Ready(proxy) = self.to.poll(cx)
            && let Poll::Ready(sent) = delivery.poll(proxy?, &mut self.content, None, None, Some(cx.waker()))
        {
            return Poll::Ready(sent.map(drop));
        }
        let timeout = self.timeout;
        let (slot, _) = timer.get_or_insert_with(|| {
            let (began, deadline) = deadline(timeout);
            let slot = Arc::new(Slot::new());
            let key = timers::fail_at(deadline, began, slot.clone());
            (slot, key)
        });
        slot.poll(cx.waker())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some((_, key)) = self.timer {
            timers::forget(key);
        }
    }
}

impl<A: Actor, T, E> Unpin for Request<'_, A, T, E> {}

impl<A: Actor, T: Wire, E: Wire> Future for Request<'_, A, T, E> {
    type Output = Result<T, AskError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if this.wait.is_none() {
            if this.content.is_none() {
                return Poll::Ready(Err(AskError::NoReply));
            }
            let (began, deadline) = deadline(this.timeout);
            let proxy = match &this.to {
                To::Proxy(proxy) => Some(*proxy),
                To::Owned(proxy) => Some(proxy),
                To::Lookup(_) | To::Failed(_) => None,
            };
            let (sender, itself) = sender_to(proxy.map(Proxy::id));
            // Nobody else knows the slot yet: it need not be locked to wait in it.
            let slot = Arc::new(Slot::asked_by(sender, Some(deadline), Some(cx.waker().clone())));
            let at_once = !itself && proxy.is_some_and(|proxy| at_once(proxy, &mut this.content, Some(&slot)));
            let timer = timers::fail_at(deadline, began, slot.clone());
            let delivered = at_once.then_some(Delivered::HERE);
            this.wait = Some(Wait { slot, began, deadline, timer, delivered, over: false });
            if at_once {
                return Poll::Pending;
            }
        }
        this.poll_on(cx)
    }
}

impl<A: Actor, T: Wire, E: Wire> Request<'_, A, T, E> {
    fn poll_on(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<T, AskError<E>>> {
        loop {
            let Some(wait) = &mut self.wait else { return Poll::Pending };
            // An answer, or the deadline.
            if let Poll::Ready(answer) = wait.slot.poll(cx.waker()) {
                wait.over = true;
                let peer = wait.delivered.as_ref().and_then(|delivered| delivered.peer.as_ref());
                if let (Err(AskError::Timeout { .. }), Some((peer, request))) = (&answer, peer) {
                    peer.cancel(*request);
                }
                let died = matches!(&answer, Err(AskError::ActorDied { .. })) && wait.delivered.is_some();
                if let (true, Some(again)) = (died, &self.again)
                    && Instant::now() < wait.deadline
                    && let Some(message) = again()
                {
                    self.content = Some(Content::Typed(message));
                    let (began, deadline) = (wait.began, wait.deadline);
                    let slot = Arc::new(Slot::asked_by(sender(), Some(deadline), None));
                    let timer = timers::fail_at(deadline, began, slot.clone());
                    *wait = Wait { slot, began, deadline, timer, delivered: None, over: false };
                    continue;
                }
                // Nothing of it stays behind: neither a place among those who wait, nor something to cancel.
                self.content = None;
                self.delivery = None;
                self.wait = None;
                return Poll::Ready(answer);
            }
            if wait.delivered.is_some() {
                return Poll::Pending;
            }
            let proxy = match self.to.poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(proxy)) => proxy,
                Poll::Ready(Err(failure)) => {
                    wait.slot.fail(failure);
                    continue;
                }
            };
            let slot: Arc<dyn AnySlot> = wait.slot.clone();
            let delivery = self.delivery.get_or_insert_default();
            match delivery.poll(proxy, &mut self.content, Some(slot), Some(wait.deadline), Some(cx.waker())) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(delivered)) => wait.delivered = Some(delivered),
                Poll::Ready(Err(failure)) => {
                    wait.slot.fail(failure);
                }
            }
        }
    }
}

/// Requests of actors whose type is not known.
pub(crate) type AnyRequest<T, E> = Request<'static, AnyActor, T, E>;
