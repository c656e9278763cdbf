//! What can be done with the proxy of a pool, beyond sending to whichever worker comes.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Near, Proxy};
use crate::actor::{Actor, AnyActor};
use crate::address::Route;
use crate::command::{BuiltIn, ConfigError, Internal, Verb};
use crate::error::{AskError, Failure};
use crate::node::node;

impl<A: Actor> Proxy<A> {
    /// Of a pool: a proxy that sends everything to the worker that this key falls to, the same from every process of one
    /// program. Of any other actor: the actor.
    ///
    /// While that worker is being restarted or replaced, what is sent waits for the next in its place, within its deadline. A pool that
    /// is scaled moves few keys. Such a proxy cannot be sent in a message: send the pool's, and the key.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Sessions { #[state] seen: u64 }
    /// # #[actor] impl Sessions { #[command] fn visit(&mut self) -> u64 { self.seen += 1; self.seen } }
    /// # async fn doc() -> Result<()> {
    /// let sessions = Sessions::new().workers(4).spawn().await?;
    /// sessions.by_key("ada").visit().await?;
    /// assert_eq!(sessions.by_key("ada").visit().await?, 2); // the same worker
    /// # Ok(()) }
    /// ```
    pub fn by_key(&self, key: impl Hash) -> A::Proxy {
        // Keys of one program are of one build: the hasher is the same in all its processes.
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let key = Some(hasher.finish());
        Self { address: self.address.clone(), near: Near::default(), key }.into()
    }

    /// Of a pool: the proxies of its workers as they are now, to send to each. Of any other actor: its own.
    ///
    /// # Errors
    ///
    /// [`AskError::UnknownActor`] where there is no such actor, [`AskError::ActorDied`] where it is gone.
    ///
    /// # Cancel safety
    ///
    /// Nothing is changed by it; ask again.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Cache { #[state] entries: Vec<String> }
    /// # #[actor] impl Cache { #[command] fn clear(&mut self) { self.entries.clear() } }
    /// # async fn doc() -> Result<()> {
    /// let caches = Cache::new().workers(4).spawn().await?;
    /// for cache in caches.each().await? {
    ///     cache.clear().await?;
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn each(&self) -> Result<Vec<A::Proxy>, AskError> {
        if !matches!(self.address.route(), Route::Monitor(_)) {
            // By its answer it is known what it is.
            self.ping().await?;
        }
        match self.address.route() {
            Route::Monitor(members) => {
                Ok(members.list().iter().map(|member| Self::from_address(member.clone()).into()).collect())
            }
            _ => Ok(vec![self.clone().into()]),
        }
    }

    /// Of a pool: has it from now on so many workers, from 1 to 4,096. Answered when it has been told: new workers are then on their way, and
    /// those that are too many finish what they have accepted.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] where the number makes no sense, or this is no pool; [`AskError`].
    ///
    /// # Cancel safety
    ///
    /// Once polled, it is scaled all the same.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Api {}
    /// # #[actor] impl Api {}
    /// # async fn doc() -> Result<()> {
    /// let api = Api::new().workers(4).spawn().await?;
    /// api.scale(8).await?;
    /// # Ok(()) }
    /// ```
    pub async fn scale(&self, workers: u32) -> Result<(), AskError<ConfigError>> {
        let node = node().ok_or(Failure::NotRunning.widen())?;
        let arbiter = Proxy::<AnyActor>::from_address(node.arbiter().clone());
        let verb = Verb::Internal(Internal::Scale { id: self.id(), workers });
        arbiter.built_in(BuiltIn::<(), ConfigError>::new(verb)).await
    }
}
