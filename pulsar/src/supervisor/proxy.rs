//! The handle on a supervisor: its children by name, added, stopped and started again while it runs.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::branch::check_name;
use super::{Plan, Planted, Supervised};
use crate::actor::{AnyActor, Info};
use crate::command::{BuiltIn, Internal, Verb};
use crate::error::{AskError, Failure, Never, SpawnError};
use crate::exit::ExitReason;
use crate::id::{ActorId, State};
use crate::node::node;
use crate::proxy::Proxy;
use crate::request::{LONG, Request};
use crate::tree::{Role, Tree, TreeNode};
use crate::wire::Wire;

/// A handle on a supervisor of the program, wherever it is held. Cheap to clone, and a value that a message can carry.
///
/// The proxy that `#[supervisor]` makes (`SiteProxy`) dereferences to it. The words are those of OTP's supervisors.
///
/// ```no_run
/// use pulsar::prelude::*;
///
/// # #[actor] struct Job { number: u32 }
/// # #[actor] impl Job {}
/// # async fn doc() -> Result<()> {
/// let jobs = Supervisor::new(Strategy::OneForOne).named("jobs").spawn().await?;
/// let job = jobs.start_child("seven", Job::new(7).restart(Restart::Temporary)).await?;
/// job.stop().await?;
/// println!("{}", jobs.tree().await?);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SupervisorProxy {
    proxy: Proxy,
}

/// What is asked of a supervisor about its children.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Tend {
    Start { name: String, plan: Box<Plan> },
    Stop(String),
    Restart(String),
    Reset(String),
    Delete(String),
    Find(String),
    Which,
}

/// A child of a supervisor, as [`SupervisorProxy::which_children`] tells it: one line of [`Tree`].
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # async fn doc(site: SupervisorProxy) -> Result<()> {
/// for child in site.which_children().await? {
///     println!("{} is {}", child.name, child.state);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChildInfo {
    /// Its name among its siblings.
    pub name: String,
    /// Its identity.
    pub id: ActorId,
    /// Whether it is an actor, a pool or a supervisor.
    pub role: Role,
    /// Its state.
    pub state: State,
    /// How often it was restarted.
    pub restarts: u32,
    /// Why its incarnation before this ended, or this one if it no longer lives.
    pub last_exit: Option<ExitReason>,
}

impl From<TreeNode> for ChildInfo {
    fn from(node: TreeNode) -> Self {
        let TreeNode { name, id, role, state, restarts, last_exit, .. } = node;
        Self { name, id, role, state, restarts, last_exit }
    }
}

/// How many children a supervisor has, of each sort. OTP's `count_children`.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # async fn doc(site: SupervisorProxy) -> Result<()> {
/// let count = site.count_children().await?;
/// println!("{} of {} live", count.active, count.specs);
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChildCount {
    /// All that it knows of, living or not.
    pub specs: u32,
    /// Those that live.
    pub active: u32,
    /// Those that are supervisors, or pools, living or not.
    pub supervisors: u32,
    /// Those that are actors, living or not.
    pub workers: u32,
}

/// What was asked about a child cannot be done.
///
/// ```
/// use pulsar::ChildError;
/// let error = ChildError::Unknown { name: "cash".into() };
/// assert_eq!(error.to_string(), "the supervisor has no child `cash`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ChildError {
    /// There is no child with this name.
    Unknown {
        /// The name asked for.
        name: String,
    },
    /// It lives, or is being restarted: stop it first.
    Alive {
        /// Its name.
        name: String,
    },
    /// The supervisor is gone.
    NoSupervisor,
}

impl fmt::Display for ChildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name } => write!(f, "the supervisor has no child `{name}`"),
            Self::Alive { name } => write!(f, "`{name}` lives, or is being restarted: `stop_child` it first"),
            Self::NoSupervisor => f.write_str("the supervisor is gone"),
        }
    }
}

impl std::error::Error for ChildError {}

impl SupervisorProxy {
    pub(crate) fn new(proxy: Proxy) -> Self {
        Self { proxy }
    }

    /// Its identity.
    ///
    /// ```no_run
    /// # fn doc(site: pulsar::SupervisorProxy) { println!("{}", site.id()) }
    /// ```
    pub fn id(&self) -> ActorId {
        self.proxy.id()
    }

    /// Its name; its id where it has none.
    ///
    /// ```no_run
    /// # fn doc(site: pulsar::SupervisorProxy) { println!("{}", site.name()) }
    /// ```
    pub fn name(&self) -> String {
        self.proxy.name()
    }

    /// Answers `"pong"`, from the arbiter, in whose loop it lives.
    ///
    /// ```no_run
    /// # async fn doc(site: pulsar::SupervisorProxy) -> pulsar::Result<()> {
    /// assert_eq!(site.ping().await?, "pong");
    /// # Ok(()) }
    /// ```
    pub fn ping(&self) -> Request<'_, AnyActor, String> {
        self.proxy.ping()
    }

    /// What is known of it, and in a line each of its children that are actors.
    ///
    /// ```no_run
    /// # async fn doc(site: pulsar::SupervisorProxy) -> pulsar::Result<()> {
    /// println!("{} children", site.info().await?.children.len());
    /// # Ok(()) }
    /// ```
    pub fn info(&self) -> Request<'_, AnyActor, Info> {
        self.proxy.info()
    }

    /// What is under it, as a tree.
    ///
    /// # Errors
    ///
    /// [`AskError`]: the arbiter did not answer.
    ///
    /// # Cancel safety
    ///
    /// Nothing is changed by it; ask again.
    ///
    /// ```no_run
    /// # async fn doc(site: pulsar::SupervisorProxy) -> pulsar::Result<()> {
    /// println!("{}", site.tree().await?);
    /// # Ok(()) }
    /// ```
    pub async fn tree(&self) -> Result<Tree, AskError> {
        crate::api::tree_of(Some(self.id())).await
    }

    /// Stops everything under it, in reverse order, for good, and waits until it is gone.
    ///
    /// # Errors
    ///
    /// [`AskError`]: the arbiter did not answer.
    ///
    /// # Cancel safety
    ///
    /// Once polled, it is stopped all the same.
    ///
    /// ```no_run
    /// # async fn doc(site: pulsar::SupervisorProxy) -> pulsar::Result<()> {
    /// site.stop().await?;
    /// # Ok(()) }
    /// ```
    pub async fn stop(&self) -> Result<(), AskError> {
        self.proxy.stop().await
    }

    /// Kills everything under it at once, for good, and waits until it is gone.
    ///
    /// # Errors
    ///
    /// [`AskError`]: the arbiter did not answer.
    ///
    /// # Cancel safety
    ///
    /// Once polled, it is killed all the same.
    ///
    /// ```no_run
    /// # async fn doc(site: pulsar::SupervisorProxy) -> pulsar::Result<()> {
    /// site.kill().await?;
    /// # Ok(()) }
    /// ```
    pub async fn kill(&self) -> Result<(), AskError> {
        self.proxy.kill().await
    }

    /// Begins again with everything under it that was parked.
    ///
    /// # Errors
    ///
    /// [`AskError`]: the arbiter did not answer.
    ///
    /// # Cancel safety
    ///
    /// Once polled, it is reset all the same.
    ///
    /// ```no_run
    /// # async fn doc(site: pulsar::SupervisorProxy) -> pulsar::Result<()> {
    /// site.reset().await?;
    /// # Ok(()) }
    /// ```
    pub async fn reset(&self) -> Result<(), AskError> {
        self.proxy.reset().await
    }

    /// Waits until it has ended for good, and says why: stopped, ended by itself, or given up.
    ///
    /// # Errors
    ///
    /// [`AskError`]: the arbiter did not answer.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost; wait again.
    ///
    /// ```no_run
    /// # async fn doc(site: pulsar::SupervisorProxy) -> pulsar::Result<()> {
    /// println!("it {}", site.wait().await?);
    /// # Ok(()) }
    /// ```
    pub async fn wait(&self) -> Result<ExitReason, AskError> {
        loop {
            let verb = Verb::Internal(Internal::Await(self.id()));
            match arbiter()?.built_in(BuiltIn::<ExitReason>::new(verb)).timeout(LONG).await {
                Err(AskError::Timeout { .. }) => {}
                ended => return ended,
            }
        }
    }

    /// Adds a child behind the others, starts it, and waits until it is ready. Its name is of letters, digits, `_` and `-`.
    ///
    /// # Errors
    ///
    /// [`SpawnError`]: the name is taken, the child did not become ready (it is then forgotten), or the supervisor is gone.
    ///
    /// # Cancel safety
    ///
    /// A child that is no longer awaited is started all the same.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Job { number: u32 }
    /// # #[actor] impl Job {}
    /// # async fn doc(jobs: SupervisorProxy) -> Result<()> {
    /// let job: JobProxy = jobs.start_child("seven", Job::new(7)).await?;
    /// # Ok(()) }
    /// ```
    pub async fn start_child<T: Supervised>(&self, name: impl Into<String>, child: T) -> Result<T::Proxy, SpawnError> {
        let name = name.into();
        // Before the first await: a branch need not be able to go to another thread.
        let plan = check_name(&name).and_then(|()| child.into_branch().into_plan());
        let ask = Verb::Internal(Internal::Tend { id: self.id(), tend: Tend::Start { name, plan: Box::new(plan?) } });
        let arbiter = arbiter().map_err(|error| SpawnError::Ask(Box::new(error)))?;
        let planted = arbiter.built_in(BuiltIn::<Planted, SpawnError>::new(ask)).timeout(LONG).await?;
        Ok(T::proxy(&planted))
    }

    /// Stops a child, and waits until it is gone. It is kept, and not restarted before [`restart_child`](Self::restart_child);
    /// a temporary one is forgotten.
    ///
    /// # Errors
    ///
    /// [`ChildError`] where there is no such child; [`AskError`].
    ///
    /// # Cancel safety
    ///
    /// Once polled, it is stopped all the same.
    ///
    /// ```no_run
    /// # async fn doc(site: pulsar::SupervisorProxy) -> pulsar::Result<()> {
    /// site.stop_child("importer").await?;
    /// # Ok(()) }
    /// ```
    pub async fn stop_child(&self, name: impl Into<String>) -> Result<(), AskError<ChildError>> {
        self.tend(Tend::Stop(name.into())).await
    }

    /// Starts a child again that was stopped, or had ended and was not to be restarted. Answered when it has begun; asks wait
    /// until it is ready.
    ///
    /// # Errors
    ///
    /// [`ChildError`] where there is no such child, or it lives; [`AskError`].
    ///
    /// # Cancel safety
    ///
    /// Once polled, it is started all the same.
    ///
    /// ```no_run
    /// # async fn doc(site: pulsar::SupervisorProxy) -> pulsar::Result<()> {
    /// site.restart_child("importer").await?;
    /// # Ok(()) }
    /// ```
    pub async fn restart_child(&self, name: impl Into<String>) -> Result<(), AskError<ChildError>> {
        self.tend(Tend::Restart(name.into())).await
    }

    /// Begins again with a child that was parked; one that waits for its backoff is started at once.
    ///
    /// # Errors
    ///
    /// [`ChildError`] where there is no such child; [`AskError`].
    ///
    /// # Cancel safety
    ///
    /// Once polled, it is reset all the same.
    ///
    /// ```no_run
    /// # async fn doc(site: pulsar::SupervisorProxy) -> pulsar::Result<()> {
    /// site.reset_child("importer").await?;
    /// # Ok(()) }
    /// ```
    pub async fn reset_child(&self, name: impl Into<String>) -> Result<(), AskError<ChildError>> {
        self.tend(Tend::Reset(name.into())).await
    }

    /// Forgets a child that was stopped, has ended or is parked.
    ///
    /// # Errors
    ///
    /// [`ChildError`] where there is no such child, or it lives; [`AskError`].
    ///
    /// # Cancel safety
    ///
    /// Once polled, it is forgotten all the same.
    ///
    /// ```no_run
    /// # async fn doc(site: pulsar::SupervisorProxy) -> pulsar::Result<()> {
    /// site.delete_child("importer").await?;
    /// # Ok(()) }
    /// ```
    pub async fn delete_child(&self, name: impl Into<String>) -> Result<(), AskError<ChildError>> {
        self.tend(Tend::Delete(name.into())).await
    }

    /// Its children, in order.
    ///
    /// # Errors
    ///
    /// [`ChildError`] where the supervisor is gone; [`AskError`].
    ///
    /// # Cancel safety
    ///
    /// Nothing is changed by it; ask again.
    ///
    /// ```no_run
    /// # async fn doc(site: pulsar::SupervisorProxy) -> pulsar::Result<()> {
    /// let names: Vec<String> = site.which_children().await?.into_iter().map(|child| child.name).collect();
    /// # Ok(()) }
    /// ```
    pub async fn which_children(&self) -> Result<Vec<ChildInfo>, AskError<ChildError>> {
        self.tend(Tend::Which).await
    }

    /// How many children it has.
    ///
    /// # Errors
    ///
    /// [`ChildError`] where the supervisor is gone; [`AskError`].
    ///
    /// # Cancel safety
    ///
    /// Nothing is changed by it; ask again.
    ///
    /// ```no_run
    /// # async fn doc(site: pulsar::SupervisorProxy) -> pulsar::Result<()> {
    /// assert_eq!(site.count_children().await?.specs, 3);
    /// # Ok(()) }
    /// ```
    pub async fn count_children(&self) -> Result<ChildCount, AskError<ChildError>> {
        let mut count = ChildCount::default();
        for child in self.which_children().await? {
            count.specs += 1;
            count.active += u32::from(matches!(child.state, State::Starting | State::Running | State::Stopping));
            match child.role {
                Role::Actor { .. } => count.workers += 1,
                Role::Supervisor { .. } | Role::Pool { .. } => count.supervisors += 1,
            }
        }
        Ok(count)
    }

    /// The handle on a child whose type the caller knows.
    ///
    /// # Errors
    ///
    /// [`ChildError`] where there is no such child; [`AskError`]. A wrong type shows where it is first sent to
    /// ([`AskError::Schema`]).
    ///
    /// # Cancel safety
    ///
    /// Nothing is changed by it; ask again.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Api {}
    /// # #[actor] impl Api {}
    /// # async fn doc(site: SupervisorProxy) -> Result<()> {
    /// let api: ApiProxy = site.child::<Api>("api").await?;
    /// # Ok(()) }
    /// ```
    pub async fn child<T: Supervised>(&self, name: impl Into<String>) -> Result<T::Proxy, AskError<ChildError>> {
        Ok(T::proxy(&self.tend::<Planted>(Tend::Find(name.into())).await?))
    }

    async fn tend<T: Wire>(&self, tend: Tend) -> Result<T, AskError<ChildError>> {
        let ask = Verb::Internal(Internal::Tend { id: self.id(), tend });
        let arbiter = arbiter().map_err(Failure::widen)?;
        arbiter.built_in(BuiltIn::<T, ChildError>::new(ask)).timeout(LONG).await
    }
}

fn arbiter() -> Result<Proxy, AskError<Never>> {
    let node = node().ok_or(Failure::NotRunning)?;
    Ok(Proxy::from_address(node.arbiter().clone()))
}
