//! The end of the worker that serves a session, and what holds it back. Knows nothing of connections.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::http::Extensions;

use crate::serve::{Busy, Draining};

/// The worker's drain, as far as a session is concerned.
pub(super) struct Drain {
    draining: Draining,
    begun: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Drain {
    /// That of the worker which serves this request, if it is one.
    pub(super) fn of(extensions: &Extensions) -> Option<Self> {
        let draining = extensions.get::<Draining>()?.clone();
        let begun = draining.clone();
        Some(Self { draining, begun: Box::pin(async move { begun.begun().await }) })
    }

    /// Whether it begins.
    pub(super) fn poll_begun(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.begun.as_mut().poll(cx)
    }

    pub(super) fn has_begun(&self) -> bool {
        self.draining.has_begun()
    }

    /// The worker does not end while this is held.
    pub(super) fn hold(&self) -> Busy {
        self.draining.hold()
    }
}
