//! One request: what is looked at before it is handed on, and what is done with the answer.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version, header};
use axum::response::IntoResponse;
use futures_util::FutureExt;
use http_body_util::Limited;
use hyper::body::{Body as _, Incoming};
use tower::Service as _;

use super::body::{Bounded, Counted, Patience};
use super::connection::Http;
use super::errors;
use super::io::Shared;
use super::log::{Done, Logged, Noted, RequestId};
use super::metrics;
use super::site::Served;
use crate::serve::{ConnectionInfo, Draining};

const SERVER: HeaderValue = HeaderValue::from_static("pulsar");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What answers the requests of one connection.
pub(super) struct Serving {
    pub(super) http: Rc<Http>,
    pub(super) shared: Arc<Shared>,
    pub(super) info: Arc<ConnectionInfo>,
    pub(super) draining: Draining,
    pub(super) in_flight: Rc<Cell<u32>>,
    pub(super) http2: bool,
}

impl hyper::service::Service<Request<Incoming>> for Serving {
    type Response = Response<Counted>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Counted>, Infallible>>>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let mut done = Done::new(&self.http, &self.shared, &self.info, &self.in_flight);
        self.shared.answered.store(false, Ordering::Relaxed);
        let (http, draining, http2) = (self.http.clone(), self.draining.clone(), self.http2);
        let accept = request.headers().get(header::ACCEPT).cloned();
        let is_head = request.method() == Method::HEAD;
        let (shared, tunnels) = (self.shared.clone(), request.method() == Method::CONNECT);
        // Of what comes: a body that is bounded says no more than its bound.
        let length = request.body().size_hint().lower();
        let mut request = self.bound(request);
        let id = http.settings.request_id.then(|| http.id_of(&request));
        if let Some(id) = &id {
            request.extensions_mut().insert(id.clone());
        }
        if http.notes {
            done.noted = Some(note(&http, &request, id.clone()));
        }
        request.extensions_mut().insert(draining.clone());
        request.extensions_mut().insert(self.info.clone());
        Box::pin(async move {
            let answered = AssertUnwindSafe(answer(&http, request, length)).catch_unwind().await;
            // What it said is on standard error, and the worker lives on.
            let mut response = answered.unwrap_or_else(|_| errors::response(StatusCode::INTERNAL_SERVER_ERROR));
            if response.status().as_u16() >= 400 && !is_head {
                errors::dress(&mut response, accept.as_ref());
            }
            done.status = response.status();
            let headers = response.headers_mut();
            headers.entry(header::SERVER).or_insert(SERVER);
            if let Some(id) = id {
                headers.insert(REQUEST_ID, id.0);
            }
            let status = done.status;
            if status == StatusCode::SWITCHING_PROTOCOLS || tunnels && status.is_success() {
                shared.upgrade();
            } else if draining.has_begun() && !http2 {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            if is_head {
                without_body(&mut response);
            }
            shared.answered.store(true, Ordering::Relaxed);
            Ok(response.map(|body| Counted { body, done }))
        })
    }
}

impl Serving {
    /// With a body that is bounded, and none where there is none.
    fn bound(&self, request: Request<Incoming>) -> Request<Body> {
        if request.body().is_end_stream() {
            return request.map(|_| Body::empty());
        }
        let most = usize::try_from(self.http.settings.body_limit).unwrap_or(usize::MAX);
        let patience = if self.http2 {
            Patience::Own { limit: self.http.settings.body_timeout, timer: None }
        } else {
            Patience::OfConnection(self.shared.clone())
        };
        let mut request =
            request.map(|incoming| Body::new(Bounded { incoming: Limited::new(incoming, most), patience }));
        // Ours holds; an application that wants less says so.
        DefaultBodyLimit::disable().apply(&mut request);
        request
    }
}

/// What answers HEAD has no body, but says how long it would be. (hyper sees to that in HTTP/1 alone.)
fn without_body(response: &mut Response<Body>) {
    if let Some(length) = response.body().size_hint().exact().filter(|&length| length > 0) {
        response.headers_mut().entry(header::CONTENT_LENGTH).or_insert(length.into());
    }
    *response.body_mut() = Body::empty();
}

fn note(http: &Http, request: &Request<Body>, id: Option<RequestId>) -> Noted {
    let logged = http.settings.access_log.then(|| {
        Box::new(Logged {
            method: request.method().clone(),
            uri: request.uri().clone(),
            agent: request.headers().get(header::USER_AGENT).cloned(),
            id,
        })
    });
    Noted { began: Instant::now(), logged }
}

/// Whether it says once for whom it is, and the target is of the form that its method wants: RFC 9112, sections 3.2 and 3.3.
fn is_for_somebody(request: &Request<Body>) -> bool {
    let (uri, method) = (request.uri(), request.method());
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = hosts.next().map(HeaderValue::as_bytes);
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:[]%".contains(byte);
    if hosts.next().is_some() || host.is_some_and(|host| !host.iter().all(is_part)) {
        return false;
    }
    if request.version() > Version::HTTP_11 {
        // RFC 9113, section 8.3.1: two names are one, or nobody's.
        let authority = uri.authority().map(|it| it.as_str().as_bytes());
        return host.is_none() || authority.is_none() || host == authority;
    }
    if host.is_none() && request.version() == Version::HTTP_11 {
        return false;
    }
    match (uri.scheme(), uri.authority()) {
        (None, Some(_)) => *method == Method::CONNECT,
        (None, None) => *method != Method::CONNECT && (uri.path() != "*" || *method == Method::OPTIONS),
        _ => *method != Method::CONNECT,
    }
}

/// What is wrong with a request, whatever it asks for.
fn wrong(http: &Http, request: &Request<Body>, length: u64) -> Option<StatusCode> {
    let headers = request.headers();
    if !is_for_somebody(request) {
        return Some(StatusCode::BAD_REQUEST);
    }
    // RFC 9112, section 6.1: nothing but `chunked` is known, once.
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let coding = codings.next();
    if coding.is_some_and(|it| !it.as_bytes().eq_ignore_ascii_case(b"chunked")) || codings.next().is_some() {
        return Some(StatusCode::NOT_IMPLEMENTED);
    }
    // RFC 9110, section 10.1.1.
    if headers.get(header::EXPECT).is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"100-continue")) {
        return Some(StatusCode::EXPECTATION_FAILED);
    }
    (length > http.settings.body_limit).then_some(StatusCode::PAYLOAD_TOO_LARGE)
}

async fn answer(http: &Rc<Http>, request: Request<Body>, length: u64) -> Response<Body> {
    if let Some(status) = wrong(http, &request, length) {
        let mut response = errors::response(status);
        if request.version() <= Version::HTTP_11 {
            // Where it ends is in doubt, or nobody has read to there: what comes next is taken for no request.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        return response;
    }
    if request.method() == Method::CONNECT
        && let Some(connect) = &http.site.connect
    {
        return connect(request).await;
    }
    let path = request.uri().path();
    if http.settings.metrics.as_deref() == Some(path) {
        let page = metrics::page(&http.pool, &http.worker).await;
        let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
        return ([(header::CONTENT_TYPE, kind)], page).into_response();
    }
    if let (Some(files), Some(_)) = (&http.files, path.strip_prefix("/static/")) {
        return files.clone().answer(request).await;
    }
    match &http.site.served {
        Served::Router(router) => match router.clone().call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        },
        Served::Other(serve) => serve(request).await,
    }
}
