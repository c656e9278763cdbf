//! Every feature of HTTP, to try a client against: `cargo run --release --bin httpbin -- --workers 2`, and open what it says.
//!
//! After the service of this name that clients' test suites know; its routes are on the first page.

mod auth;
mod bodies;
mod caching;
mod cookies;
mod echo;
mod fields;
mod pages;
mod redirects;
mod stats;

use std::hash::{BuildHasher, RandomState};

use pulsar::http::{Response, Router, StatusCode};

/// What a handler gives: an answer, or the status that says why there is none.
type Answer = Result<Response, StatusCode>;

/// Answers with what it was asked, and in many ways. The secret signs what one worker gives out and another checks.
#[pulsar::http]
fn httpbin(secret: u64) -> Router {
    Router::new()
        .merge(pages::routes())
        .merge(echo::routes())
        .merge(redirects::routes())
        .merge(cookies::routes())
        .merge(auth::routes(secret))
        .merge(bodies::routes())
        .merge(caching::routes())
        .merge(stats::routes())
}

#[pulsar::main]
async fn main() -> pulsar::Result<()> {
    httpbin(RandomState::new().hash_one("httpbin")).run().await
}
