//! Requests for `http://`, passed on.

use std::error::Error;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use pulsar::http::axum::http::Version;
use pulsar::http::{Body, HeaderValue, Request, Response, StatusCode, header};
use pulsar::{ConnectionInfo, Draining};

use crate::{headers, refused, tunnel};

/// Passes requests on, by connections that are kept.
pub(crate) struct Forward {
    client: Client<HttpConnector, Body>,
    timeout: Duration,
}

impl Forward {
    pub(crate) fn new(timeout: Duration) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(timeout));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
        Self { client, timeout }
    }

    pub(crate) async fn pass(&self, mut request: Request) -> Response {
        match request.uri().scheme_str() {
            Some("http") => {}
            Some(_) => return refused(StatusCode::NOT_IMPLEMENTED, "only http:// is passed on; others by CONNECT"),
            None => return refused(StatusCode::BAD_REQUEST, "this is a proxy: it is asked for http://host/path"),
        }
        let Some(host) = request.uri().authority().and_then(|it| {
            // Nobody's password goes further: RFC 9110, section 4.2.4.
            let host = it.as_str().rsplit('@').next().unwrap_or_default();
            HeaderValue::from_str(host).ok()
        }) else {
            return refused(StatusCode::BAD_REQUEST, "it does not say which host");
        };
        let info = request.extensions().get::<Arc<ConnectionInfo>>().cloned();
        let draining = request.extensions().get::<Draining>().cloned().unwrap_or_default();
        let upgrade = headers::upgrade(request.headers());
        let theirs = upgrade.is_some().then(|| hyper::upgrade::on(&mut request));
        let (mut parts, body) = request.into_parts();
        parts.extensions.clear();
        parts.version = Version::HTTP_11;
        if let Some(info) = &info {
            headers::pass(&mut parts.headers, info);
        }
        parts.headers.insert(header::HOST, host);
        if let Some(to) = upgrade {
            headers::set_upgrade(&mut parts.headers, to);
        }
        let asked = self.client.request(Request::from_parts(parts, body));
        let mut response = match tokio::time::timeout(self.timeout, asked).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return failed(&error),
            Err(_) => return refused(StatusCode::GATEWAY_TIMEOUT, "no answer has begun in time"),
        };
        let changes =
            headers::upgrade(response.headers()).filter(|_| response.status() == StatusCode::SWITCHING_PROTOCOLS);
        headers::pass_back(response.headers_mut());
        match (changes, theirs) {
            (Some(to), Some(theirs)) => {
                let ours = hyper::upgrade::on(&mut response);
                tunnel::join(&draining, async move { Ok((theirs.await?, ours.await?)) });
                headers::set_upgrade(response.headers_mut(), to);
            }
            (None, _) if response.status() != StatusCode::SWITCHING_PROTOCOLS => {}
            _ => {
                return refused(
                    StatusCode::BAD_GATEWAY,
                    "the server changes to another protocol, and nobody asked for that",
                );
            }
        }
        response.extensions_mut().clear();
        response.map(Body::new)
    }
}

/// What is said of a server that could not be asked.
fn failed(error: &(dyn Error + 'static)) -> Response {
    let causes: Vec<_> =
        std::iter::successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source()).collect();
    let kind = causes.iter().find_map(|cause| cause.downcast_ref::<std::io::Error>()).map(std::io::Error::kind);
    if causes.iter().any(|cause| cause.to_string() == "length limit exceeded") {
        return refused(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large");
    }
    if kind == Some(ErrorKind::TimedOut) {
        return refused(StatusCode::GATEWAY_TIMEOUT, "no connection in time");
    }
    let why: Vec<_> = causes.iter().map(ToString::to_string).collect();
    refused(StatusCode::BAD_GATEWAY, &why.join(": "))
}
