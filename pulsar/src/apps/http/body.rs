//! Bodies: of a request, bounded and watched; of an answer, counted to its end.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::Limited;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::Sleep;

use super::io::{Phase, Shared};
use super::log::Done;

/// The body of a request.
pub(super) struct Bounded {
    /// Its error, where it is too long, extractors answer with 413.
    pub(super) incoming: Limited<Incoming>,
    pub(super) patience: Patience,
}

/// Who sees to it that a body does not stand still.
pub(super) enum Patience {
    /// In HTTP/1, where whoever waits for a body keeps the connection waiting.
    OfConnection(Arc<Shared>),
    /// In HTTP/2, whose streams are apart.
    Own { limit: Duration, timer: Option<Pin<Box<Sleep>>> },
}

impl hyper::body::Body for Bounded {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.incoming).poll_frame(cx);
        match &mut this.patience {
            Patience::OfConnection(shared) => {
                // It may be read on when its answer has been sent, and the connection is at something else.
                match shared.phase() {
                    // It has stood still since it was asked for in vain first, not last.
                    Phase::Busy if polled.is_pending() => shared.enter(Phase::Body),
                    Phase::Busy | Phase::Body if polled.is_ready() => shared.enter(Phase::Busy),
                    _ => {}
                }
            }
            Patience::Own { timer, .. } if polled.is_ready() => *timer = None,
            Patience::Own { limit, timer } => {
                let timer = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(*limit)));
                if timer.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Some(Err("the body stood still for longer than `body_timeout`".into())));
                }
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl Drop for Bounded {
    fn drop(&mut self) {
        if let Patience::OfConnection(shared) = &self.patience
            && !hyper::body::Body::is_end_stream(&self.incoming)
        {
            shared.unread.store(true, Ordering::Relaxed);
        }
    }
}

/// The body of an answer. Dropped, it is done: sent, or given up.
pub(super) struct Counted {
    pub(super) body: Body,
    pub(super) done: Done,
}

impl hyper::body::Body for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => this.done.count(frame.data_ref().map_or(0, Bytes::len)),
            Some(Err(_)) => this.done.broke_off(),
            None => {}
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
