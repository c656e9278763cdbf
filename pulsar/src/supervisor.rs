//! Supervision trees as their owners write them: a struct of children, or the same built at run time.
//!
//! Owns what a tree is made of, on its way to the arbiter, and the handle on it there. Decides nothing: that is
//! [`supervise`](crate::supervise).

mod branch;
mod builder;
mod generated;
mod options;
mod proxy;

use std::future::Future;

pub use branch::{Branch, Planted};
pub(crate) use branch::{MAX_DEPTH, Plan, SupervisorPlan, check_name, too_deep};
pub use builder::Supervisor;
pub use generated::element;
pub use options::{ChildOptions, SupervisorOptions};
pub(crate) use proxy::Tend;
pub use proxy::{ChildCount, ChildError, ChildInfo, SupervisorProxy};

use crate::actor::{Actor, Spawn};
use crate::error::{Error, SpawnError};
use crate::exit::ExitReason;
use crate::plural::count;
use crate::wire::Wire;

/// What can be a child of a supervisor: an actor, a `#[supervisor]` struct, or either with something changed
/// ([`Spawn`], [`Supervisor`]).
///
/// Implemented by the macros, never by hand.
///
/// ```
/// use pulsar::prelude::*;
///
/// # #[actor(thread)] struct Cache {}
/// # #[actor] impl Cache {}
/// fn twice(tree: Supervisor, child: impl Supervised + Clone) -> Supervisor {
///     tree.child("one", child.clone()).child("other", child)
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be supervised",
    label = "needs `#[actor]` or `#[supervisor]`"
)]
pub trait Supervised: Sized {
    /// The handle on it: an actor's typed proxy, a supervisor's with its children.
    type Proxy: Wire + Clone;
    #[doc(hidden)]
    fn into_branch(self) -> Branch;
    #[doc(hidden)]
    fn proxy(planted: &Planted) -> Self::Proxy;
}

/// Marks what is an actor, for keys that mean nothing to a supervisor.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no actor: a supervisor has no place, mailbox or limits of its own",
    label = "give this to its own children"
)]
pub trait Placed {}

impl<A: Actor> Placed for A {}

impl<A: Actor> Placed for Spawn<A> {}

/// Asserts that a child is an actor.
#[doc(hidden)]
pub const fn placed<T: Placed>() {}

impl<A: Actor> Supervised for Spawn<A> {
    type Proxy = A::Proxy;

    fn into_branch(self) -> Branch {
        Branch::of(self)
    }

    fn proxy(planted: &Planted) -> A::Proxy {
        planted.actor::<A>()
    }
}

/// What can be done with a supervisor that has not been spawned: a `#[supervisor]` struct, or a [`Supervisor`]. In the
/// prelude. Implemented by the macro, never by hand.
///
/// ```no_run
/// use pulsar::prelude::*;
///
/// # #[actor(thread)] struct Cache { #[state] hits: u64 }
/// # #[actor] impl Cache { #[command] fn hits(&mut self) -> u64 { self.hits } }
/// #[supervisor(strategy = rest_for_one)]
/// struct Site {
///     #[child]
///     cache: Cache,
/// }
///
/// # async fn doc() -> Result<()> {
/// let site = Site::new(Cache::new()).named("site").spawn().await?;
/// println!("{} hits", site.cache().hits().await?);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(message = "`{Self}` is no supervisor", label = "needs `#[supervisor]`")]
pub trait SupervisorExt: Supervised {
    /// Names it, and by that everything under it: its child `api` is then found as `site.api`, its workers as
    /// `site.api.1`. Without a name only what says `name = ".."` can be found by one.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor(thread)] struct Cache {}
    /// # #[actor] impl Cache {}
    /// # #[supervisor] struct Site { #[child] cache: Cache }
    /// # async fn doc() -> Result<()> {
    /// Site::new(Cache::new()).named("site").spawn().await?;
    /// assert_eq!(send("site.cache", pulsar::command::ping()).await?, "pong");
    /// # Ok(()) }
    /// ```
    fn named(self, name: impl Into<String>) -> Root<Self> {
        Root { tree: self, name: Some(name.into()) }
    }

    /// Starts its children in order, each once the one before is ready, and resolves when all are.
    ///
    /// The tree lives in the arbiter, until it is stopped, ends by itself (automatic shutdown, or its intensity is spent), or
    /// the program ends. Its task actors share a loop of the master that the arbiter keeps for them.
    ///
    /// # Errors
    ///
    /// [`SpawnError`]: a child did not become ready (the error names it; those started before it are stopped again), a name is
    /// taken, a setting makes no sense, supervisors are nested more than 12 deep, or the program is stopping.
    ///
    /// # Cancel safety
    ///
    /// A tree whose spawn is no longer awaited is started all the same.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor(thread)] struct Cache {}
    /// # #[actor] impl Cache {}
    /// # #[supervisor] struct Site { #[child] cache: Cache }
    /// # async fn doc() -> Result<()> {
    /// let site = Site::new(Cache::new()).spawn().await?;
    /// println!("{}", site.tree().await?);
    /// # Ok(()) }
    /// ```
    fn spawn(self) -> impl Future<Output = Result<Self::Proxy, SpawnError>> + Send {
        Root { tree: self, name: None }.spawn()
    }

    /// Starts it, and waits until it ends: what a `main` does whose program is this tree.
    ///
    /// # Errors
    ///
    /// That of [`spawn`](Self::spawn) (as `main`'s error it ends the program with code 3), or that it gave up because its
    /// intensity was spent (code 4). That it was stopped is none, also while it came up.
    ///
    /// # Cancel safety
    ///
    /// The tree lives on.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor(thread)] struct Cache {}
    /// # #[actor] impl Cache {}
    /// # #[supervisor] struct Site { #[child] cache: Cache }
    /// #[pulsar::main]
    /// async fn main() -> Result<()> {
    ///     Site::new(Cache::new()).run().await
    /// }
    /// ```
    fn run(self) -> impl Future<Output = Result<(), Error>> + Send {
        Root { tree: self, name: None }.run()
    }
}

/// A supervisor with a name, about to be spawned: made by [`SupervisorExt::named`].
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # #[actor(thread)] struct Cache {}
/// # #[actor] impl Cache {}
/// # #[supervisor] struct Site { #[child] cache: Cache }
/// # async fn doc() -> Result<()> {
/// let named = Site::new(Cache::new()).named("site");
/// let site = named.spawn().await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "nothing is started before `spawn` or `run`"]
pub struct Root<T> {
    tree: T,
    name: Option<String>,
}

impl<T: SupervisorExt> Root<T> {
    /// As [`SupervisorExt::spawn`].
    ///
    /// # Errors, and cancel safety
    ///
    /// As there.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # async fn doc() -> Result<()> {
    /// let workers = Supervisor::new(Strategy::OneForOne).named("workers").spawn().await?;
    /// # Ok(()) }
    /// ```
    pub fn spawn(self) -> impl Future<Output = Result<T::Proxy, SpawnError>> + Send {
        let planting = self.plant();
        async move { Ok(T::proxy(&planting.await?)) }
    }

    /// As [`SupervisorExt::run`].
    ///
    /// # Errors, and cancel safety
    ///
    /// As there.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # async fn doc() -> Result<()> {
    /// Supervisor::new(Strategy::OneForOne).named("workers").run().await
    /// # }
    /// ```
    pub fn run(self) -> impl Future<Output = Result<(), Error>> + Send {
        let planting = self.plant();
        async move {
            let planted = match planting.await {
                Ok(planted) => planted,
                // Stopped on its way up: that is no more a failure than when it is stopped later.
                Err(SpawnError::Stopping) => return Ok(()),
                Err(SpawnError::Failed { reason }) if reason.is_normal() => return Ok(()),
                Err(error) => return Err(Error::from(error).with_code(COULD_NOT_START)),
            };
            let root = planted.supervisor();
            match root.wait().await? {
                ExitReason::GaveUp { restarts, last } => {
                    let (who, restarts) = (root.name(), count(restarts, "restart"));
                    let text = format!("the supervisor {who} gave up after {restarts}: the last to end {last}");
                    Err(Error::msg(text).with_code(GAVE_UP))
                }
                _ => Ok(()),
            }
        }
    }

    fn plant(self) -> impl Future<Output = Result<Planted, SpawnError>> + Send {
        let full = std::any::type_name::<T>();
        let label: String = full.rsplit("::").next().unwrap_or(full).chars().take(MAX_LABEL).collect();
        let plan = self.tree.into_branch().named(self.name).labelled(label).into_plan();
        async move { crate::spawner::plant(plan?).await }
    }
}

/// How much of its type's name stands for a supervisor without a name, in characters.
const MAX_LABEL: usize = 32;

/// The exit code of a program whose tree could not start (gunicorn's).
const COULD_NOT_START: u8 = 3;

/// The exit code of a program whose root supervisor gave up.
const GAVE_UP: u8 = 4;

/// What every actor's impl of [`Supervised`] says.
#[doc(hidden)]
#[macro_export]
macro_rules! __supervised_actor {
    ($actor:ty) => {
        impl $crate::__private::Supervised for $actor {
            type Proxy = <$actor as $crate::__private::Actor>::Proxy;
            fn into_branch(self) -> $crate::__private::Branch {
                $crate::__private::Branch::actor(self)
            }
            fn proxy(planted: &$crate::__private::Planted) -> Self::Proxy {
                planted.actor::<$actor>()
            }
        }
    };
}
