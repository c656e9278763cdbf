//! The context: what a handler or a hook can find out and set going.

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::{Actor, AnyActor, Core};
use crate::exit::ExitReason;
use crate::id::{ActorId, Incarnation, Kind};
use crate::proxy::Proxy;
use crate::reply::Deferred;
use crate::scope;

/// What a handler or a hook of the actor `A` is given. Open commands get a `Context` of any actor.
///
/// ```
/// use pulsar::prelude::*;
///
/// /// Says who answers.
/// #[command]
/// fn who(cx: &mut Context) -> String {
///     format!("{} ({})", cx.name(), cx.id())
/// }
/// ```
pub struct Context<A = AnyActor> {
    core: Rc<Core>,
    actor: PhantomData<fn() -> A>,
}

impl<A> fmt::Debug for Context<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Context({})", self.core.name())
    }
}

impl<A> Context<A> {
    pub(crate) fn new(core: Rc<Core>) -> Self {
        Self { core, actor: PhantomData }
    }

    pub(crate) fn core(&self) -> &Rc<Core> {
        &self.core
    }

    pub(crate) fn retyped<B>(&self) -> Context<B> {
        Context::new(self.core.clone())
    }

    /// The actor's name, or its id where it has none.
    pub fn name(&self) -> String {
        self.core.name()
    }

    /// The actor's identity.
    pub fn id(&self) -> ActorId {
        self.core.id
    }

    /// Where it runs; `None` for `main`.
    pub fn kind(&self) -> Option<Kind> {
        self.core.kind
    }

    /// Which of its lives this is, from 1.
    pub fn incarnation(&self) -> Incarnation {
        self.core.incarnation
    }

    /// A value that its spawner or its `on_params` hook put into `extra`, or `config_set` since.
    pub fn extra(&self, key: &str) -> Option<String> {
        self.core.extra.borrow().get(key).cloned()
    }

    /// All of `extra`.
    pub fn extras(&self) -> BTreeMap<String, String> {
        self.core.extra.borrow().clone()
    }

    /// Who sent the message that is being handled.
    pub fn sender(&self) -> ActorId {
        self.core.sender.get()
    }

    /// What is left of the deadline of the message that is being handled. Nested asks inherit it.
    pub fn time_left(&self) -> Option<Duration> {
        scope::deadline().map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Ends when the caller of the command that is being handled gives up.
    ///
    /// Never ends for a tell. Cancel safe.
    pub fn cancelled(&self) -> impl Future<Output = ()> + 'static {
        let caller = self.core.caller.borrow().clone();
        async move {
            match caller {
                Some(caller) => caller.gone().await,
                None => poll_fn(|_| Poll::Pending).await,
            }
        }
    }

    /// Ends this incarnation once the running handler is done: a normal exit. A permanent actor is restarted.
    pub fn stop(&self) {
        self.core.stop(ExitReason::Normal);
    }

    /// Answers later: return what it gives from the command, and the mailbox goes on meanwhile.
    ///
    /// The future runs on the actor's loop, under the deadline of the message, and ends with the incarnation.
    pub fn defer<T>(&self, future: impl Future<Output = T> + 'static) -> Deferred<T> {
        let deadline = scope::deadline();
        Deferred::new(async move {
            let mut future = Box::pin(future);
            poll_fn(move |cx| scope::under(deadline, || future.as_mut().poll(cx))).await
        })
    }

    /// Runs a future on the actor's loop, beside its handlers. It ends with the incarnation, and its panic is the actor's.
    pub fn spawn_local(&self, future: impl Future<Output = ()> + 'static) {
        self.core.spawn(future);
    }
}

impl<A: Actor> Context<A> {
    /// The actor's own proxy, to be handed to others.
    pub fn proxy(&self) -> A::Proxy {
        Proxy::<A>::from_address(self.core.address.clone()).into()
    }
}
