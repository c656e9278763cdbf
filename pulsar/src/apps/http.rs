//! HTTP/1.1 and HTTP/2 by supervised workers: any tower service, [axum]'s routers above all.
//!
//! ```no_run
//! use pulsar::http::{Router, get};
//!
//! #[pulsar::http]
//! fn hello() -> Router {
//!     Router::new().route("/", get(async || "Hello, World!\n"))
//! }
//!
//! #[pulsar::main]
//! async fn main() -> pulsar::Result<()> {
//!     hello().run().await
//! }
//! ```
//!
//! The function runs in each worker, before it accepts; its parameters travel there. What it makes is [`IntoSite`]: a `Router`, or a
//! [`Site`] of any service; it may be async, and return a `Result`.
//!
//! # What the server does by itself
//!
//! | | |
//! | --- | --- |
//! | HTTP/1.1 and HTTP/2 | by ALPN under TLS, by the client's first bytes without; pipelined requests are answered in order |
//! | slow clients | `header_timeout` for a head (408), `body_timeout` for a body that stands still (408), `keep_alive` for an idle connection |
//! | large ones | a head above `header_limit` is 431, a body above `body_limit` is 413 |
//! | smuggling | both `Content-Length` and `Transfer-Encoding`, lengths that contradict, folded lines, lines that end in a bare LF, HTTP/1.1 without one `Host`: 400, and the connection ends; transfer codings other than `chunked`: 501 |
//! | `Expect` | `100-continue` when the body is read; anything else is 417 |
//! | a handler that panics | 500; the worker lives on |
//! | an error without a body | a page, as `Accept` says: HTML, JSON, or text |
//! | the end of a worker | takes no more connections, says `Connection: close` (GOAWAY in HTTP/2), finishes what it has, within `exit_timeout` |
//! | `Server`, `Date` | are added where they are missing |
//!
//! By settings: `access_log`, `metrics`, `static_dir`, `request_id`. See [`Settings`](crate::Settings).

mod body;
mod connection;
mod errors;
mod files;
mod heads;
mod io;
mod log;
mod metrics;
mod service;
mod site;

pub use axum;
pub use axum::body::Body;
pub use axum::extract;
pub use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
pub use axum::response::{Html, IntoResponse, Redirect, Response};
pub use axum::routing::{any, delete, get, head, options, patch, post, put};
pub use axum::{Form, Json, Router};

pub use log::RequestId;
pub use site::{IntoSite, Site};

use std::rc::Rc;

use crate::config::Settings;
use crate::error::Error;
use crate::serve::{Hooks, Made, Meter, Service};

/// A request, as handlers get it.
///
/// ```
/// async fn method(request: pulsar::http::Request) -> String {
///     request.method().to_string()
/// }
/// ```
pub type Request = extract::Request;

/// Makes the service of a worker, of what the function under `#[pulsar::http]` has made.
#[doc(hidden)]
pub async fn make<S: IntoSite>(site: S, settings: Settings, hooks: Hooks) -> Result<Made, Error> {
    let site = site.into_site()?;
    let make = move |meter: &Rc<Meter>| Service::Streams(connection::Http::new(site, &settings, meter.clone()));
    Ok(Made { make: Box::new(make), hooks })
}
