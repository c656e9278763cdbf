//! Bodies: of a request, bounded and watched; of an answer, counted to its end.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use http_body_util::Limited;
use hyper::body::{Frame, Incoming, SizeHint};

use super::io::{Phase, Shared};
use super::log::Done;

/// The body of a request.
pub(super) struct Bounded {
    /// Its error, where it is too long, extractors answer with 413.
    pub(super) incoming: Limited<Incoming>,
    /// Of HTTP/1, where whoever waits for a body keeps the connection waiting.
    pub(super) shared: Option<Arc<Shared>>,
}

impl hyper::body::Body for Bounded {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.incoming).poll_frame(cx);
        if let Some(shared) = &this.shared {
            let phase = if polled.is_pending() { Phase::Body } else { Phase::Busy };
            if phase == Phase::Busy || shared.phase() == Phase::Busy {
                shared.enter(phase);
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
        if let Some(shared) = &self.shared
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
