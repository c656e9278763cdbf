//! Proxies: typed handles on a logical address. The same wherever the actor runs, and itself a value for a message.

#[cfg(feature = "json")]
mod call;
mod near;
mod pool;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

#[cfg(feature = "json")]
pub use call::{Call, CallError};
#[cfg(feature = "rpc")]
pub(crate) use call::{Callee, Refusal};
pub(crate) use near::Near;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::actor::{Actor, AnyActor, Info, fingerprint_of};
use crate::address::{Address, Route};
use crate::command::{self, BuiltIn, Command, CommandFor, Internal, Order, Verb};
use crate::error::{AskError, Failure};
use crate::host;
use crate::id::ActorId;
use crate::node::node;
use crate::reply::{Reply, ReplyTo, Slot};
use crate::request::{Content, Request};
use crate::wire::Wire;

/// A handle on an actor of type `A`, or on any (`Proxy` alone), wherever it runs.
///
/// It is a logical address: it goes on working when the actor is restarted. Cheap to clone. Serializable, so it can be
/// sent to another actor. The typed proxy that `#[actor]` makes (`CounterProxy`) dereferences to it.
///
/// ```no_run
/// use pulsar::prelude::*;
///
/// # async fn doc() -> Result<()> {
/// let counter: Proxy = find("counter").await?;
/// assert_eq!(counter.ping().await?, "pong");
/// # Ok(()) }
/// ```
pub struct Proxy<A: Actor = AnyActor> {
    address: Arc<Address>,
    /// The mailbox of the incarnation that was last seen in this process: the way without the address's lock.
    near: Near<A::Message>,
    /// Of a pool: what decides which worker is meant.
    key: Option<u64>,
}

impl<A: Actor> Proxy<A> {
    pub(crate) fn from_address(address: Arc<Address>) -> Self {
        Self { address, near: Near::default(), key: None }
    }

    pub(crate) fn address(&self) -> &Arc<Address> {
        &self.address
    }

    /// Where its mailbox was last seen in this process.
    pub(crate) fn near(&self) -> &Near<A::Message> {
        &self.near
    }

    pub(crate) fn key(&self) -> Option<u64> {
        self.key
    }

    pub(crate) fn fingerprint(&self) -> u64 {
        const { fingerprint_of::<A>() }
    }

    /// The actor's identity, kept through its restarts.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc(counter: CounterProxy) -> Result<()> {
    /// let same = find(counter.id()).await?;
    /// assert_eq!(same.id(), counter.id());
    /// # Ok(()) }
    /// ```
    pub fn id(&self) -> ActorId {
        self.address.id()
    }

    /// The actor's name; its id where it has none, or where this process has not heard of it yet.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc(counter: CounterProxy) -> Result<()> {
    /// println!("{}", counter.name());
    /// # Ok(()) }
    /// ```
    pub fn name(&self) -> String {
        self.address.label()
    }

    /// Whether the actor can be sent to now, as far as this process knows: false while it is restarted, when it is gone, and
    /// before this process has first sent to it. Never waits. To find out for certain, [`ping`](Self::ping) it.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc(counter: CounterProxy) -> Result<()> {
    /// if !counter.is_alive() {
    ///     println!("it is being restarted, or gone");
    /// }
    /// # Ok(()) }
    /// ```
    pub fn is_alive(&self) -> bool {
        match self.address.route() {
            Route::Monitor(members) => members.list().iter().any(|member| member.can_be_sent_to()),
            Route::Local { .. } | Route::Remote { .. } => true,
            _ => false,
        }
    }

    /// Sends a command that any actor answers, or that this type of actor does.
    ///
    /// ```no_run
    /// use pulsar::prelude::*;
    ///
    /// /// Greets.
    /// #[command]
    /// fn greet(cx: &mut Context, name: String) -> String {
    ///     format!("Hello {name}, I am {}", cx.name())
    /// }
    ///
    /// # async fn doc(counter: &Proxy) -> Result<()> {
    /// println!("{}", counter.send(greet("Ada")).await?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As of any [`Request`].
    pub fn send<C: Command + CommandFor<A>>(&self, command: C) -> Request<'_, A, C::Reply, C::Error> {
        Request::of(self, Content::from(command.into_payload().0))
    }

    /// Sends a built-in command, which travels in the control lane.
    pub(crate) fn built_in<T: Wire, E: Wire>(&self, command: BuiltIn<T, E>) -> Request<'_, A, T, E> {
        Request::of(self, Content::from(command.into_payload().0))
    }

    /// Answers `"pong"`, however full the mailbox is.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc(counter: CounterProxy) -> Result<()> {
    /// assert_eq!(counter.ping().await?, "pong");
    /// # Ok(()) }
    /// ```
    pub fn ping(&self) -> Request<'_, A, String> {
        self.built_in(command::ping())
    }

    /// What is known of the actor, however full its mailbox is.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc(counter: CounterProxy) -> Result<()> {
    /// println!("{}", counter.info().await?);
    /// # Ok(()) }
    /// ```
    pub fn info(&self) -> Request<'_, A, Info> {
        self.built_in(command::info())
    }

    /// Stops the actor for good, and waits until it is gone: its `shutdown` at most (5 s), then it is killed.
    ///
    /// A running handler may finish until then, the `stopping` hook runs, and what waits in the mailbox fails with
    /// [`AskError::ActorDied`]. A process gets TERM after four fifths of `shutdown`. Stopping one that is gone is no error.
    ///
    /// Of a pool, all workers are stopped. A single worker that is stopped is replaced by another. A child of a supervisor is kept
    /// until [`restart_child`](crate::SupervisorProxy::restart_child) or [`delete_child`](crate::SupervisorProxy::delete_child).
    ///
    /// # Errors
    ///
    /// [`AskError`]: its manager could not be asked.
    ///
    /// # Cancel safety
    ///
    /// Once polled, the actor is stopped all the same.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc(counter: CounterProxy) -> Result<()> {
    /// counter.stop().await?;
    /// assert!(counter.add(1).await.is_err());
    /// # Ok(()) }
    /// ```
    pub async fn stop(&self) -> Result<(), AskError> {
        self.order(Order::Stop).await
    }

    /// Kills the actor at once and for good, and waits until it is gone.
    ///
    /// Of a thread or a task the handler is dropped where it awaits: neither can be killed. A thread that does not come back
    /// is left behind.
    ///
    /// # Errors
    ///
    /// [`AskError`]: its manager could not be asked.
    ///
    /// # Cancel safety
    ///
    /// Once polled, the actor is killed all the same.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc(counter: CounterProxy) -> Result<()> {
    /// counter.kill().await?;
    /// # Ok(()) }
    /// ```
    pub async fn kill(&self) -> Result<(), AskError> {
        self.order(Order::Kill).await
    }

    /// Begins again with an actor that was parked because its restart budget was spent: its counters are zeroed, and it
    /// is started at once. One that waits for its backoff is started at once, too; of one that lives, only the counters
    /// are zeroed. Answered when it has begun; asks wait until it is ready.
    ///
    /// # Errors
    ///
    /// [`AskError`]: whoever manages it did not answer.
    ///
    /// # Cancel safety
    ///
    /// Once polled, the actor is reset all the same.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # async fn doc(importer: Proxy) -> Result<()> {
    /// importer.reset().await?;
    /// # Ok(()) }
    /// ```
    pub async fn reset(&self) -> Result<(), AskError> {
        self.order(Order::Reset).await
    }

    async fn order(&self, order: Order) -> Result<(), AskError> {
        let Some(node) = node() else { return Err(Failure::NotRunning) };
        let id = self.id();
        // Whoever keeps the address manages the actor: this process itself, for its own tasks.
        let keeper = self.address.keeper().filter(|_| id.home() == node.process());
        if keeper.is_none() && id.home() != 0 && id.home() == node.process() {
            return Ok(());
        }
        if let Some(keeper) = keeper {
            let slot = Arc::new(Slot::<(), crate::error::Never>::new());
            // Most are ordered on the loop that they live on.
            if let Err(reply) = host::order(id, order, Reply::to(ReplyTo::Slot(slot.clone()))) {
                keeper.order(id, order, reply);
            }
            return std::future::poll_fn(|cx| slot.poll(cx.waker())).await;
        }
        let manager = if id.home() == 0 { node.arbiter().clone() } else { node.address(ActorId::new(id.home(), 0)) };
        let manager = Proxy::<AnyActor>::from_address(manager);
        let verb = Verb::Internal(Internal::Order { id, order });
        match manager.built_in::<(), crate::error::Never>(BuiltIn::new(verb)).timeout(crate::request::LONG).await {
            // A process that has ended took its tasks with it.
            Err(AskError::ActorDied { .. }) if id.home() != 0 => Ok(()),
            other => other,
        }
    }

    /// The same actor, of which the type is not known.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc(counter: CounterProxy) -> Result<()> {
    /// let all: Vec<Proxy> = vec![counter.untyped()];
    /// # Ok(()) }
    /// ```
    pub fn untyped(&self) -> Proxy {
        self.retyped()
    }

    /// The same actor, as one of another type: what is sent to it then is for whoever finds that so.
    pub(crate) fn retyped<B: Actor>(&self) -> Proxy<B> {
        Proxy { address: self.address.clone(), near: Near::default(), key: self.key }
    }
}

impl<A: Actor> Clone for Proxy<A> {
    fn clone(&self) -> Self {
        Self { address: self.address.clone(), near: self.near.clone(), key: self.key }
    }
}

impl<A: Actor> fmt::Debug for Proxy<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({:?})", self.address)
    }
}

impl<A: Actor, B: Actor> PartialEq<Proxy<B>> for Proxy<A> {
    fn eq(&self, other: &Proxy<B>) -> bool {
        self.id() == other.id()
    }
}

impl<A: Actor> Eq for Proxy<A> {}

impl<A: Actor> Hash for Proxy<A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

impl<A: Actor> Serialize for Proxy<A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.key.is_some() {
            let text = "a proxy made by `by_key` belongs to its process: send the pool's proxy and the key";
            return Err(serde::ser::Error::custom(text));
        }
        self.id().serialize(serializer)
    }
}

impl<'de, A: Actor> Deserialize<'de> for Proxy<A> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = ActorId::deserialize(deserializer)?;
        Ok(Self::from_address(match node() {
            Some(node) => node.address(id),
            None => Address::new(id, None, Route::Unknown),
        }))
    }
}

/// Every built-in command is for any actor.
impl<A: Actor, T, E> CommandFor<A> for BuiltIn<T, E> {}

/// The implementations that every typed proxy shares.
#[doc(hidden)]
#[macro_export]
macro_rules! __proxy_impls {
    ($proxy:ident, $actor:ty) => {
        impl ::core::clone::Clone for $proxy {
            fn clone(&self) -> Self {
                Self(::core::clone::Clone::clone(&self.0))
            }
        }
        impl ::core::fmt::Debug for $proxy {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(&self.0, f)
            }
        }
        impl ::core::cmp::PartialEq for $proxy {
            fn eq(&self, other: &Self) -> bool {
                self.0 == other.0
            }
        }
        impl ::core::cmp::Eq for $proxy {}
        impl ::core::hash::Hash for $proxy {
            fn hash<H: ::core::hash::Hasher>(&self, state: &mut H) {
                ::core::hash::Hash::hash(&self.0, state)
            }
        }
        impl ::core::ops::Deref for $proxy {
            type Target = $crate::__private::Proxy<$actor>;
            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }
        impl ::core::convert::From<$crate::__private::Proxy<$actor>> for $proxy {
            fn from(proxy: $crate::__private::Proxy<$actor>) -> Self {
                Self(proxy)
            }
        }
        impl $crate::__private::serde::Serialize for $proxy {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::__private::serde::Serialize::serialize(&self.0, serializer)
            }
        }
        impl<'de> $crate::__private::serde::Deserialize<'de> for $proxy {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                ::core::result::Result::map(
                    <$crate::__private::Proxy<$actor> as $crate::__private::serde::Deserialize<'de>>::deserialize(
                        deserializer,
                    ),
                    Self,
                )
            }
        }
    };
}
