//! CPU-bound work off the loop: a few threads beside it.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::actor::Context;
use crate::exit::ExitReason;
use crate::panics;

/// Runs CPU-bound work on other threads, so that the actor's loop goes on. Made by [`Context::executor`].
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # async fn doc(cx: &mut Context) -> Result<()> {
/// let sum = cx.executor().run(|| (1..=1_000_000_u64).sum::<u64>()).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Executor {
    handle: Option<tokio::runtime::Handle>,
}

/// The work panicked, or its loop has ended.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # async fn doc(cx: &mut Context) -> Result<()> {
/// let failed = cx.executor().run(|| -> u64 { panic!("no disk") }).await;
/// assert!(failed.is_err_and(|error| error.to_string().contains("no disk")));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutorError(String);

impl fmt::Display for ExecutorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ExecutorError {}

impl Executor {
    /// Runs `work` on one of as many threads as there are cores (at least two, for each loop); more wait their turn.
    ///
    /// It has no actor, no deadline and no end but its own.
    ///
    /// # Errors
    ///
    /// [`ExecutorError`] if it panicked, or if this thread has no loop. The actor lives on.
    ///
    /// # Cancel safety
    ///
    /// Work that has begun goes on when this is dropped; its value is lost.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # async fn doc(cx: &mut Context) -> Result<()> {
    /// let text = cx.executor().run(|| std::fs::read_to_string("big.txt")).await??;
    /// # Ok(()) }
    /// ```
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ExecutorError> {
        let Some(handle) = &self.handle else { return Err(ExecutorError("this thread has no loop".into())) };
        let outcome = handle
            .spawn_blocking(move || catch_unwind(AssertUnwindSafe(work)).map_err(|payload| panics::reason(&*payload)));
        match outcome.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(ExitReason::Panic { message, .. })) => Err(ExecutorError(format!("the work panicked: {message}"))),
            Ok(Err(other)) => Err(ExecutorError(other.to_string())),
            Err(_) => Err(ExecutorError("the loop has ended".into())),
        }
    }
}

impl<A> Context<A> {
    /// Runs CPU-bound or blocking work off the loop, so that it goes on answering.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # async fn doc(cx: &mut Context) -> Result<()> {
    /// let primes = cx.executor().run(|| (2..10_000_u32).filter(|n| (2..*n).all(|d| n % d != 0)).count()).await?;
    /// # Ok(()) }
    /// ```
    pub fn executor(&self) -> Executor {
        Executor { handle: tokio::runtime::Handle::try_current().ok() }
    }
}
