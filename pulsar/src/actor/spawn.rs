//! The builder of an actor: what to change before it is spawned.

mod supervised;

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
use crate::spawner;

/// The largest specification, in bytes: it travels in the control lane, and is kept for every restart.
const MAX_SPECIFICATION: usize = 512 << 10;

/// What can be done with an actor that has not been spawned. In the prelude.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # #[actor] struct Counter { #[state] total: u64 }
/// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
/// # async fn doc() -> Result<()> {
/// let counter = Counter::new().spawn().await?;                    // as its attribute says
/// let other = Counter::new().named("other").on(Kind::Thread).spawn().await?;
/// # Ok(()) }
/// ```
pub trait ActorExt: Actor {
    /// Gives it a name, unique in the program and kept through its restarts: ASCII letters, digits, `_`, `.` and `-`.
    ///
    /// A name that is taken fails the spawn ([`SpawnError::NameTaken`]), as do `arbiter`, `monitor` and `main`.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc() -> Result<()> {
    /// let counter = Counter::new().named("counter").spawn().await?;
    /// assert_eq!(counter.name(), "counter");
    /// # Ok(()) }
    /// ```
    fn named(self, name: impl Into<String>) -> Spawn<Self> {
        Spawn::new(self).named(name)
    }

    /// Says where it runs, whatever its attribute says.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc() -> Result<()> {
    /// let counter = Counter::new().on(Kind::Task).spawn().await?;
    /// # Ok(()) }
    /// ```
    fn on(self, kind: Kind) -> Spawn<Self> {
        Spawn::new(self).on(kind)
    }

    /// Makes it a pool of so many: see [`Spawn::workers`].
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc() -> Result<()> {
    /// let counters = Counter::new().workers(4).spawn().await?;
    /// # Ok(()) }
    /// ```
    fn workers(self, workers: u32) -> Spawn<Self> {
        Spawn::new(self).workers(workers)
    }

    /// Says when it is restarted, whatever its attribute says.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc() -> Result<()> {
    /// let counter = Counter::new().restart(Restart::Transient).spawn().await?;
    /// # Ok(()) }
    /// ```
    fn restart(self, restart: Restart) -> Spawn<Self> {
        Spawn::new(self).restart(restart)
    }

    /// Changes anything else before it is spawned.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc() -> Result<()> {
    /// let counter = Counter::new().with(|params| {
    ///     params.intensity = None; // restarted as often as it takes
    ///     params.limits.memory = Some(512 << 20);
    /// }).spawn().await?;
    /// # Ok(()) }
    /// ```
    fn with(self, change: impl FnOnce(&mut Params)) -> Spawn<Self> {
        Spawn::new(self).with(change)
    }

    /// Starts it, and waits until it is ready: its `start` hook has succeeded. The `on_params` hook runs first, here.
    ///
    /// A process or thread actor is made by the arbiter, whoever asks; a task actor lives on the loop of the actor that asks,
    /// and no longer than that. A failure before it was ready is not tried again.
    ///
    /// # Errors
    ///
    /// [`SpawnError`]: it did not become ready within `start_timeout` (30 s), its name is taken, a setting makes no sense, or
    /// the program is stopping.
    ///
    /// # Cancel safety
    ///
    /// An actor whose spawn is no longer awaited is started all the same.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc() -> Result<()> {
    /// match Counter::new().named("counter").spawn().await {
    ///     Ok(counter) => println!("{} is ready", counter.name()),
    ///     Err(SpawnError::Failed { reason }) => println!("it {reason}"),
    ///     Err(error) => return Err(error.into()),
    /// }
    /// # Ok(()) }
    /// ```
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
    pub(crate) fn new(actor: A) -> Self {
        let mut out = BytesMut::new();
        let encoded = actor.encode(&mut Encoder::new(&mut out));
        let specification = encoded.map(|()| out.freeze()).map_err(|error| error.to_string());
        Self { specification, params: Params::from(&A::OPTIONS), actor: PhantomData }
    }

    /// Gives it a name, unique in the program. See [`ActorExt::named`].
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc() -> Result<()> {
    /// let counter = Counter::new().on(Kind::Thread).named("counter").spawn().await?;
    /// # Ok(()) }
    /// ```
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.params.name = Some(name.into());
        self
    }

    /// Says where it runs, whatever its attribute says.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc() -> Result<()> {
    /// let spawn = Counter::new().named("counter").on(Kind::Task);
    /// # Ok(()) }
    /// ```
    pub fn on(mut self, kind: Kind) -> Self {
        self.params.kind = kind;
        self
    }

    /// How many messages from its own process may wait in its mailbox: 1,024, at least 1.
    ///
    /// Another process may have that many on their way to it, or 256 if that is less.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc() -> Result<()> {
    /// let counter = Counter::new().on(Kind::Thread).mailbox(16).spawn().await?;
    /// # Ok(()) }
    /// ```
    pub fn mailbox(mut self, messages: u32) -> Self {
        self.params.mailbox = messages;
        self
    }

    /// How long it may be silent before it is taken for hung: 30 s, at least 100 ms.
    ///
    /// It notifies its manager each third of it, kept between 3 and 60 s; below 9 s, a third whatever that is.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc() -> Result<()> {
    /// let counter = Counter::new().on(Kind::Thread).timeout(std::time::Duration::from_secs(5)).spawn().await?;
    /// # Ok(()) }
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.params.timeout = timeout;
        self
    }

    /// How long it may take to become ready, boot included: 30 s. Then it is killed.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc() -> Result<()> {
    /// let counter = Counter::new().on(Kind::Thread).start_timeout(std::time::Duration::from_secs(2)).spawn().await?;
    /// # Ok(()) }
    /// ```
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.params.start_timeout = timeout;
        self
    }

    /// How long it may take to stop: 5 s. It gets TERM after four fifths of that, KILL at the end.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc() -> Result<()> {
    /// let counter = Counter::new().on(Kind::Thread).shutdown(std::time::Duration::from_secs(30)).spawn().await?;
    /// # Ok(()) }
    /// ```
    pub fn shutdown(mut self, shutdown: Duration) -> Self {
        self.params.shutdown = shutdown;
        self
    }

    /// When it is restarted: [`Restart::Permanent`], unless told otherwise.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc() -> Result<()> {
    /// let counter = Counter::new().on(Kind::Thread).restart(Restart::Transient).spawn().await?;
    /// # Ok(()) }
    /// ```
    pub fn restart(mut self, restart: Restart) -> Self {
        self.params.restart = restart;
        self
    }

    /// Changes anything else: see [`Params`].
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc() -> Result<()> {
    /// let counter = Counter::new().on(Kind::Thread).with(|params| params.backoff.0 = std::time::Duration::ZERO).spawn().await?;
    /// # Ok(()) }
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut Params)) -> Self {
        change(&mut self.params);
        self
    }

    /// Starts it, and waits until it is ready. See [`ActorExt::spawn`].
    ///
    /// # Errors
    ///
    /// [`SpawnError`]: it did not become ready, its name is taken, or the program is stopping.
    ///
    /// # Cancel safety
    ///
    /// An actor whose spawn is no longer awaited is started all the same.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc() -> Result<()> {
    /// let counter = Counter::new().on(Kind::Thread).spawn().await?;
    /// # Ok(()) }
    /// ```
    pub fn spawn(self) -> impl Future<Output = Result<A::Proxy, SpawnError>> + Send {
        let mut this = self;
        async move {
            let address = if spawner::is_task(&this.params) {
                // Nothing that it is made of is moved about.
                let specification = prepare::<A>(&mut this.params, this.specification)?;
                // The hook may have sent it elsewhere.
                if spawner::is_task(&this.params) {
                    spawner::spawn_task(A::NAME, specification, &this.params).await?
                } else {
                    spawner::spawn(request_of::<A>(this.params, specification)).await?
                }
            } else {
                spawner::spawn(this.into_request()?).await?
            };
            Ok(Proxy::<A>::from_address(address).into())
        }
    }

    /// As it is sent to whoever makes it.
    pub(crate) fn into_request(self) -> Result<SpawnRequest, SpawnError> {
        let (params, finish) = self.split();
        finish(params)
    }

    /// What may still be changed, and how it is sent then.
    pub(crate) fn split(self) -> (Params, impl FnOnce(Params) -> Result<SpawnRequest, SpawnError> + Send + 'static) {
        let Self { specification, params, .. } = self;
        let finish = move |mut params: Params| {
            let specification = prepare::<A>(&mut params, specification)?;
            Ok(request_of::<A>(params, specification))
        };
        (params, finish)
    }
}

/// Runs the `on_params` hook, and looks whether it can be made from this.
fn prepare<A: Actor>(params: &mut Params, specification: Result<Bytes, String>) -> Result<Bytes, SpawnError> {
    A::hook_on_params(params).map_err(|error| SpawnError::Invalid(error.to_string()))?;
    params.check().map_err(SpawnError::Invalid)?;
    let specification = specification.map_err(SpawnError::Invalid)?;
    if specification.len() > MAX_SPECIFICATION {
        return Err(SpawnError::Invalid(format!(
            "the specification of {} bytes is larger than {MAX_SPECIFICATION}: send what is large in a message",
            specification.len()
        )));
    }
    Ok(specification)
}

fn request_of<A: Actor>(params: Params, specification: Bytes) -> SpawnRequest {
    SpawnRequest { actor: A::NAME.into(), fingerprint: fingerprint_of::<A>(), specification, params }
}
