//! A forward proxy: `cargo run --release --bin proxy -- --bind 127.0.0.1:8061`, then `curl -x http://127.0.0.1:8061 http://example.org`.
//!
//! Requests for `http://` are passed on, bodies streamed both ways; `CONNECT` makes a tunnel. From the environment:
//!
//! - `PROXY_CONNECT`: to where tunnels may lead, such as `*:443,*.example.org:*,127.0.0.1:8060`. Default: to anywhere. That is for a machine of
//!   one's own: what a proxy can reach, whoever can reach the proxy can.
//! - `PROXY_TIMEOUT`: seconds until a connection must be there, and until an answer must have begun. Default: 30.

mod forward;
mod headers;
mod rules;
mod tunnel;

use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use pulsar::http::{Request, Site, StatusCode};
use rules::Rules;

use crate::forward::Forward;

/// Passes requests on, and makes tunnels.
#[pulsar::http]
fn proxy(rules: Rules, timeout: Duration) -> Site {
    let forward = Rc::new(Forward::new(timeout));
    let rules = Rc::new(rules);
    let pass = move |request: Request| {
        let forward = forward.clone();
        async move { Ok::<_, Infallible>(forward.pass(request).await) }
    };
    Site::service(tower::service_fn(pass)).connect(move |request| {
        let rules = rules.clone();
        async move { tunnel::open(&rules, timeout, request).await }
    })
}

/// Why a request was not passed on, in plain text.
pub(crate) fn refused(status: StatusCode, why: &str) -> pulsar::http::Response {
    use pulsar::http::IntoResponse;
    (status, format!("{why}\n")).into_response()
}

#[pulsar::main]
async fn main() -> pulsar::Result<()> {
    let from = |name: &str| std::env::var(name).ok();
    let rules = Rules::parse(from("PROXY_CONNECT").as_deref().unwrap_or("*:*")).map_err(pulsar::Error::msg)?;
    let seconds = from("PROXY_TIMEOUT").map_or(Ok(30.0), |text| text.parse())?;
    proxy(rules, Duration::try_from_secs_f64(seconds)?).bind("127.0.0.1:8061").run().await
}
