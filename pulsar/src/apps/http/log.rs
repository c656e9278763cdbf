//! The end of a request: what is counted, and what is logged of it.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::{HeaderValue, Method, StatusCode, Uri};

use super::connection::Http;
use super::io::{Phase, Shared};
use crate::serve::ConnectionInfo;

/// The id of a request, as it stands in `x-request-id`: the client's, or a new one. An extension of the request, where the setting
/// `request_id` is on.
///
/// ```
/// use pulsar::http::{RequestId, axum::Extension};
///
/// async fn show(Extension(id): Extension<RequestId>) -> String {
///     id.to_string()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(pub(super) HeaderValue);

/// The longest id that is taken from a client.
const MAX_ID: usize = 128;

impl RequestId {
    /// That of a client, if it can be shown.
    pub(super) fn of_client(value: &HeaderValue) -> Option<Self> {
        let fits = !value.is_empty() && value.len() <= MAX_ID && value.as_bytes().iter().all(u8::is_ascii_graphic);
        fits.then(|| Self(value.clone()))
    }

    /// A new one: 16 hexadecimal digits that no other worker makes.
    pub(super) fn new(number: u64, seed: u64) -> Self {
        // An odd factor loses nothing: two numbers never make one id.
        let mixed = (number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) ^ seed;
        let text = format!("{mixed:016x}");
        Self(HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("-")))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_str().unwrap_or("-"))
    }
}

/// What is logged of a request; gathered only where it is.
pub(super) struct Noted {
    pub(super) began: Instant,
    pub(super) logged: Option<Box<Logged>>,
}

pub(super) struct Logged {
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) agent: Option<HeaderValue>,
    pub(super) id: Option<RequestId>,
}

/// Says, when it is dropped, that a request is done.
pub(super) struct Done {
    http: Rc<Http>,
    shared: Arc<Shared>,
    info: Arc<ConnectionInfo>,
    in_flight: Rc<std::cell::Cell<u32>>,
    pub(super) noted: Option<Noted>,
    pub(super) status: StatusCode,
    bytes: u64,
    broken: bool,
}

impl Done {
    pub(super) fn new(
        http: &Rc<Http>,
        shared: &Arc<Shared>,
        info: &Arc<ConnectionInfo>,
        in_flight: &Rc<std::cell::Cell<u32>>,
    ) -> Self {
        in_flight.set(in_flight.get() + 1);
        http.in_flight.set(http.in_flight.get() + 1);
        shared.enter(Phase::Busy);
        Self {
            http: http.clone(),
            shared: shared.clone(),
            info: info.clone(),
            in_flight: in_flight.clone(),
            noted: None,
            // Until there is another: who leaves before it is answered.
            status: StatusCode::from_u16(499).unwrap_or(StatusCode::REQUEST_TIMEOUT),
            bytes: 0,
            broken: false,
        }
    }

    pub(super) fn count(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    pub(super) fn broke_off(&mut self) {
        self.broken = true;
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        let in_flight = self.in_flight.get() - 1;
        self.in_flight.set(in_flight);
        self.http.in_flight.set(self.http.in_flight.get() - 1);
        if in_flight == 0 && !self.shared.is_upgraded() {
            self.shared.enter(Phase::Idle);
        }
        self.http.meter.count_request();
        let Some(noted) = &self.noted else { return };
        let took = noted.began.elapsed();
        if let Some(metrics) = &self.http.metrics {
            metrics.count(self.status, took, self.bytes);
        }
        if let Some(logged) = &noted.logged {
            write(logged, &self.info, self.status, self.bytes, took, self.broken);
        }
    }
}

fn write(logged: &Logged, info: &ConnectionInfo, status: StatusCode, bytes: u64, took: Duration, broken: bool) {
    let text = |value: &Option<HeaderValue>| value.as_ref().and_then(|value| value.to_str().ok().map(String::from));
    tracing::info!(
        target: "pulsar::access",
        peer = %info.peer,
        method = %logged.method,
        path = %logged.uri,
        status = status.as_u16(),
        bytes,
        micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        id = logged.id.as_ref().map(tracing::field::display),
        agent = text(&logged.agent),
        broken = broken.then_some(true),
    );
}
