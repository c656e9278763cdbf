//! A web server in ten lines: `cargo run --release --bin hello -- --workers 2`.

use pulsar::http::{Router, get};

/// Greets whoever comes, from supervised worker processes.
#[pulsar::http]
fn hello() -> Router {
    Router::new().route("/", get(async || "Hello, World!\n"))
}

#[pulsar::main]
async fn main() -> pulsar::Result<()> {
    hello().run().await
}
