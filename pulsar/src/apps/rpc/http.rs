//! JSON-RPC over HTTP: a request is the body of a POST. Must not know what is called.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use axum::routing::{MethodRouter, post};
use bytes::Bytes;

use super::Rpc;

/// The content types of a request, and the first of them that of an answer.
const JSON: [&str; 3] = ["application/json", "application/json-rpc", "application/jsonrequest"];

impl Rpc {
    /// A route that serves it over HTTP.
    ///
    /// A request is the body of a POST of type `application/json` (or `application/json-rpc`, `application/jsonrequest`). The status is 200 for
    /// whatever is answered, errors too, and 204 where nothing is: for notifications. Another method is 405, another type 415, a
    /// body above [`max_body`](Self::max_body) 413, one that breaks off 400. (A page of another site cannot send JSON without asking first, so
    /// the type also keeps those out.)
    ///
    /// ```no_run
    /// use axum::Router;
    /// use pulsar::rpc::Rpc;
    ///
    /// # fn doc(calculator: pulsar::Proxy) {
    /// let site: Router = Router::new().route("/rpc", Rpc::new().mount("calc", &calculator).http());
    /// # }
    /// ```
    pub fn http<S: Clone + Send + Sync + 'static>(self) -> MethodRouter<S> {
        post(async move |request: Request<Body>| self.answer_http(request).await)
    }

    async fn answer_http(&self, request: Request<Body>) -> Response<Body> {
        if !is_json(request.headers()) {
            return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "a request is JSON: send it as application/json\n");
        }
        let max = self.0.max_body;
        if claims_more(request.headers(), max) {
            return too_large(max);
        }
        let body = match to_bytes(request.into_body(), max).await {
            Ok(body) => body,
            Err(error) if is_limit(&error) => return too_large(max),
            Err(_) => return refused(StatusCode::BAD_REQUEST, "the body broke off\n"),
        };
        match self.handle(&body).await {
            Some(answer) => response(StatusCode::OK, JSON.first().copied().unwrap_or_default(), answer),
            None => {
                let mut nothing = Response::new(Body::empty());
                *nothing.status_mut() = StatusCode::NO_CONTENT;
                nothing
            }
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else { return false };
    let essence = only.to_str().ok().and_then(|text| text.split(';').next()).unwrap_or_default().trim();
    JSON.iter().any(|json| essence.eq_ignore_ascii_case(json))
}

fn claims_more(headers: &HeaderMap, max: usize) -> bool {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    length.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > max as u64)
}

fn is_limit(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<http_body_util::LengthLimitError>())
}

fn too_large(max: usize) -> Response<Body> {
    refused(StatusCode::PAYLOAD_TOO_LARGE, format!("a request has at most {max} bytes\n"))
}

fn refused(status: StatusCode, text: impl Into<Bytes>) -> Response<Body> {
    response(status, "text/plain; charset=utf-8", text.into())
}

fn response(status: StatusCode, kind: &'static str, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    response
}
