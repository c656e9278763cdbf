//! The other side of a command, as its handler has it: whoever asked, and an answer that comes later.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context as TaskContext, Poll};

use super::ReplyTo;
#[cfg(doc)]
use crate::actor::Context;

/// The caller of a command, as generated code watches it for `#[command(cancel)]`. A handler finds it through
/// [`Context::cancelled`].
///
/// ```
/// fn is_waiting(caller: &pulsar::Caller) -> bool {
///     !caller.is_gone()
/// }
/// ```
#[derive(Clone)]
pub struct Caller(pub(super) Option<ReplyTo>);

impl From<ReplyTo> for Caller {
    fn from(to: ReplyTo) -> Self {
        Self(Some(to))
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("gone", &self.is_gone()).finish()
    }
}

impl Caller {
    /// Whether the caller has given up. That of a tell never has.
    pub fn is_gone(&self) -> bool {
        self.0.as_ref().is_some_and(ReplyTo::gone)
    }

    /// Ends when the caller gives up.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe. Never ends for a tell.
    ///
    /// ```
    /// async fn until_nobody_waits(caller: &pulsar::Caller) {
    ///     caller.gone().await;
    /// }
    /// ```
    pub async fn gone(&self) {
        poll_fn(|cx| match &self.0 {
            Some(to) if to.gone() || to.watch(cx.waker()) => Poll::Ready(()),
            _ => Poll::Pending,
        })
        .await;
    }

    /// Runs `future` until it is done, or drops it when the caller gives up.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it drops `future`.
    ///
    /// ```
    /// async fn answer(caller: &pulsar::Caller) -> Option<u32> {
    ///     caller.until_gone(async { 42 }).await
    /// }
    /// ```
    pub async fn until_gone<F: Future>(&self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        let mut gone = pin!(self.gone());
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => gone.as_mut().poll(cx).map(|()| None),
        })
        .await
    }
}

/// An answer that comes later, made by [`Context::defer`]: the mailbox goes on while it is awaited.
///
/// It is itself a future, of the value.
///
/// ```
/// use pulsar::prelude::*;
///
/// #[actor]
/// struct Oven {}
///
/// #[actor]
/// impl Oven {
///     /// Answers in a second, and takes other orders meanwhile.
///     #[command]
///     fn bake(&self, cx: &mut Context<Self>) -> Deferred<String> {
///         let timer = cx.executor().clone();
///         cx.defer(async move {
///             let _ = timer.run(|| std::thread::sleep(std::time::Duration::from_secs(1))).await;
///             "bread".to_string()
///         })
///     }
/// }
/// ```
#[must_use = "return it from the command"]
pub struct Deferred<T>(Pin<Box<dyn Future<Output = T>>>);

impl<T> Deferred<T> {
    pub(crate) fn new(future: impl Future<Output = T> + 'static) -> Self {
        Self(Box::pin(future))
    }
}

impl<T> fmt::Debug for Deferred<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Deferred")
    }
}

impl<T> Future for Deferred<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<T> {
        self.0.as_mut().poll(cx)
    }
}
