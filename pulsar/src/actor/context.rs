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
use crate::reply::{Caller, Deferred};
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
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # async fn doc(cx: &mut Context) -> Result<()> {
    /// println!("I am {}", cx.name());
    /// # Ok(()) }
    /// ```
    pub fn name(&self) -> String {
        self.core.name()
    }

    /// The actor's identity.
    ///
    /// Kept through its restarts.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # async fn doc(cx: &mut Context) -> Result<()> {
    /// println!("I am {}", cx.id()); // 0.7, say
    /// # Ok(()) }
    /// ```
    pub fn id(&self) -> ActorId {
        self.core.id
    }

    /// Where it runs; `None` for `main`.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # async fn doc(cx: &mut Context) -> Result<()> {
    /// assert_ne!(cx.kind(), Some(Kind::Task));
    /// # Ok(()) }
    /// ```
    pub fn kind(&self) -> Option<Kind> {
        self.core.kind
    }

    /// Which of its lives this is, from 1.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # async fn doc(cx: &mut Context) -> Result<()> {
    /// if cx.incarnation() > 1 {
    ///     println!("I have been here before");
    /// }
    /// # Ok(()) }
    /// ```
    pub fn incarnation(&self) -> Incarnation {
        self.core.incarnation
    }

    /// A value that its spawner or its `on_params` hook put into `extra`, or `config_set` since.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # async fn doc(cx: &mut Context) -> Result<()> {
    /// let region = cx.extra("region").unwrap_or("eu".into());
    /// # Ok(()) }
    /// ```
    pub fn extra(&self, key: &str) -> Option<String> {
        self.core.extra().borrow().get(key).cloned()
    }

    /// All of `extra`.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # async fn doc(cx: &mut Context) -> Result<()> {
    /// for (key, value) in cx.extras() {
    ///     println!("{key} = {value}");
    /// }
    /// # Ok(()) }
    /// ```
    pub fn extras(&self) -> BTreeMap<String, String> {
        self.core.extra().borrow().clone()
    }

    /// Who sent the message that is being handled.
    ///
    /// That is the actor that was running where the message was sent; [`ActorId::ARBITER`] where none was, as on a thread of no
    /// actor. It is set anew with each message, so read it before the first `await` of something that outlives the handler.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # async fn doc(cx: &mut Context) -> Result<()> {
    /// println!("asked by {}", cx.sender());
    /// # Ok(()) }
    /// ```
    pub fn sender(&self) -> ActorId {
        self.core.sender.get()
    }

    /// What is left of the deadline of the message that is being handled; `None` where it has none, as a tell never has.
    /// Asks made from here inherit it.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # async fn doc(cx: &mut Context) -> Result<()> {
    /// if cx.time_left().is_some_and(|left| left < std::time::Duration::from_millis(10)) {
    ///     return Err(Error::msg("there is no time for that"));
    /// }
    /// # Ok(()) }
    /// ```
    pub fn time_left(&self) -> Option<Duration> {
        scope::deadline().map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Ends when the caller of the command that is being handled gives up: its deadline has passed, or it dropped the
    /// request. Never ends for a tell.
    ///
    /// Nothing else is done to a handler whose caller has gone; with `#[command(cancel)]` it is dropped where it awaits.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # async fn doc(cx: &mut Context) -> Result<()> {
    /// let work = std::pin::pin!(std::future::pending::<()>());
    /// let cancelled = std::pin::pin!(cx.cancelled());
    /// futures_util::future::select(work, cancelled).await; // whichever is first
    /// # Ok(()) }
    /// ```
    pub fn cancelled(&self) -> impl Future<Output = ()> + 'static {
        let caller = self.core.owed().map(Caller::from);
        async move {
            match caller {
                Some(caller) => caller.gone().await,
                None => poll_fn(|_| Poll::Pending).await,
            }
        }
    }

    /// Ends this incarnation once the running handler is done, with the reason [`ExitReason::Normal`].
    ///
    /// A permanent actor is then restarted, a transient one is not (as in OTP, where a normal exit is judged by the restart
    /// type). To end it for good from outside, see [`Proxy::stop`].
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # async fn doc(cx: &mut Context) -> Result<()> {
    /// cx.stop();
    /// # Ok(()) }
    /// ```
    pub fn stop(&self) {
        self.core.stop(ExitReason::Normal);
    }

    /// Answers later: return what it gives from the command, and the mailbox goes on meanwhile.
    ///
    /// The future runs on the actor's loop, under the deadline of the message, and ends with the incarnation.
    ///
    /// The future may not borrow the actor: take what it needs out of the state first. A panic in it is the actor's.
    ///
    /// ```
    /// use pulsar::prelude::*;
    ///
    /// #[actor]
    /// struct Relay { upstream: Proxy }
    ///
    /// #[actor]
    /// impl Relay {
    ///     /// Passes the question on, and handles the next message meanwhile.
    ///     #[command]
    ///     fn ping_upstream(&self, cx: &mut Context<Self>) -> Deferred<Result<String, AskError>> {
    ///         let upstream = self.upstream.clone();
    ///         cx.defer(async move { upstream.ping().await })
    ///     }
    /// }
    /// ```
    pub fn defer<T>(&self, future: impl Future<Output = T> + 'static) -> Deferred<T> {
        let deadline = scope::deadline();
        Deferred::new(async move {
            let mut future = Box::pin(future);
            poll_fn(move |cx| scope::under(deadline, || future.as_mut().poll(cx))).await
        })
    }

    /// Runs a future on the actor's loop, beside its handlers. It ends with the incarnation, and its panic is the actor's.
    ///
    /// It may hold values that are not `Send`. It has no deadline of its own.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # async fn doc(cx: &mut Context) -> Result<()> {
    /// let me = cx.name();
    /// cx.spawn_local(async move { println!("{me} does this beside its handlers") });
    /// # Ok(()) }
    /// ```
    pub fn spawn_local(&self, future: impl Future<Output = ()> + 'static) {
        self.core.spawn(future);
    }
}

impl<A: Actor> Context<A> {
    /// The actor's own proxy, to be handed to others.
    ///
    /// ```
    /// # use pulsar::prelude::*;
    /// #[actor]
    /// struct Clerk { desk: DeskProxy }
    ///
    /// #[actor]
    /// impl Clerk {
    ///     #[hook]
    ///     async fn start(&mut self, cx: &mut Context<Self>) -> Result<()> {
    ///         self.desk.register(cx.proxy()).tell().await?;
    ///         Ok(())
    ///     }
    /// }
    /// # #[actor] struct Desk { #[state] clerks: Vec<ClerkProxy> }
    /// # #[actor] impl Desk { #[command] fn register(&mut self, clerk: ClerkProxy) { self.clerks.push(clerk) } }
    /// ```
    pub fn proxy(&self) -> A::Proxy {
        Proxy::<A>::from_address(self.core.address.clone()).into()
    }
}
