//! The builder of an actor: what to change before it is spawned.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::{Actor, Params, Restart, fingerprint_of};
use crate::command::SpawnRequest;
use crate::error::SpawnError;
use crate::id::Kind;
use crate::message::Encoder;
use crate::proxy::Proxy;

/// The largest specification, in bytes: it travels in the control lane, and is kept for every restart.
const MAX_SPECIFICATION: usize = 512 << 10;

/// What can be done with an actor that has not been spawned. In the prelude.
pub trait ActorExt: Actor {
    /// Gives it a name, unique in the program.
    fn named(self, name: impl Into<String>) -> Spawn<Self> {
        Spawn::new(self).named(name)
    }

    /// Says where it runs, whatever its attribute says.
    fn on(self, kind: Kind) -> Spawn<Self> {
        Spawn::new(self).on(kind)
    }

    /// Changes anything else before it is spawned.
    fn with(self, change: impl FnOnce(&mut Params)) -> Spawn<Self> {
        Spawn::new(self).with(change)
    }

    /// Starts it, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// [`SpawnError`]: it did not become ready, its name is taken, or the program is stopping.
    ///
    /// # Cancel safety
    ///
    /// An actor whose spawn is no longer awaited is started all the same.
    fn spawn(self) -> impl Future<Output = Result<Self::Proxy, SpawnError>> + Send {
        Spawn::new(self).spawn()
    }
}

impl<A: Actor> ActorExt for A {}

/// An actor that is about to be spawned, made by [`ActorExt`].
///
/// ```no_run
/// use std::time::Duration;
/// use pulsar::prelude::*;
///
/// #[actor]
/// struct Importer { url: String }
///
/// #[actor]
/// impl Importer {}
///
/// # async fn doc() -> Result<()> {
/// let importer = Importer::new("https://example.org")
///     .named("importer")
///     .on(Kind::Thread)
///     .start_timeout(Duration::from_secs(2))
///     .spawn()
///     .await?;
/// # Ok(()) }
/// ```
#[must_use = "nothing is started before `spawn` is awaited"]
pub struct Spawn<A> {
    specification: Result<Bytes, String>,
    params: Params,
    actor: PhantomData<fn() -> A>,
}

impl<A> fmt::Debug for Spawn<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spawn").field("params", &self.params).finish_non_exhaustive()
    }
}

impl<A: Actor> From<A> for Spawn<A> {
    fn from(actor: A) -> Self {
        Self::new(actor)
    }
}

impl<A: Actor> Spawn<A> {
    /// Encodes the specification at once: what is spawned is what the actor is now, and the state stays here.
    fn new(actor: A) -> Self {
        let mut out = BytesMut::new();
        let encoded = actor.encode(&mut Encoder::new(&mut out));
        let specification = encoded.map(|()| out.freeze()).map_err(|error| error.to_string());
        Self { specification, params: Params::from(&A::OPTIONS), actor: PhantomData }
    }

    /// Gives it a name, unique in the program.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.params.name = Some(name.into());
        self
    }

    /// Says where it runs, whatever its attribute says.
    pub fn on(mut self, kind: Kind) -> Self {
        self.params.kind = kind;
        self
    }

    /// How many messages may wait in its mailbox.
    pub fn mailbox(mut self, messages: u32) -> Self {
        self.params.mailbox = messages;
        self
    }

    /// How long it may be silent.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.params.timeout = timeout;
        self
    }

    /// How long it may take to become ready.
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.params.start_timeout = timeout;
        self
    }

    /// How long it may take to stop.
    pub fn shutdown(mut self, shutdown: Duration) -> Self {
        self.params.shutdown = shutdown;
        self
    }

    /// When it is restarted.
    pub fn restart(mut self, restart: Restart) -> Self {
        self.params.restart = restart;
        self
    }

    /// Changes anything else.
    pub fn with(mut self, change: impl FnOnce(&mut Params)) -> Self {
        change(&mut self.params);
        self
    }

    /// Starts it, and waits until it is ready. See [`ActorExt::spawn`].
    ///
    /// # Errors
    ///
    /// [`SpawnError`]: it did not become ready, its name is taken, or the program is stopping.
    pub fn spawn(self) -> impl Future<Output = Result<A::Proxy, SpawnError>> + Send {
        let request = self.into_request();
        async move {
            let address = crate::spawner::spawn(request?).await?;
            Ok(Proxy::<A>::from_address(address).into())
        }
    }

    /// As it is sent to whoever makes it.
    pub(crate) fn into_request(mut self) -> Result<SpawnRequest, SpawnError> {
        A::hook_on_params(&mut self.params).map_err(|error| SpawnError::Invalid(error.to_string()))?;
        self.params.check().map_err(SpawnError::Invalid)?;
        let specification = self.specification.map_err(SpawnError::Invalid)?;
        if specification.len() > MAX_SPECIFICATION {
            return Err(SpawnError::Invalid(format!(
                "the specification of {} bytes is larger than {MAX_SPECIFICATION}: send what is large in a message",
                specification.len()
            )));
        }
        Ok(SpawnRequest {
            actor: A::NAME.to_string(),
            fingerprint: fingerprint_of::<A>(),
            specification,
            params: self.params,
        })
    }
}
