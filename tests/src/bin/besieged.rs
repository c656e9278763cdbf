//! What hostile clients are set upon.

use pulsar::http::{Json, Router, get, post};

/// Reads what it is sent, or does not.
#[pulsar::http]
fn besieged() -> Router {
    Router::new()
        .route("/", get(async || "hello\n"))
        .route("/upload", post(async |body: bytes::Bytes| body.len().to_string()))
        .route("/unread", post(async || "unread"))
        .route("/json", post(async |Json(value): Json<serde_json::Value>| value.to_string()))
        .route("/panic", get(async || -> String { panic!("as it was asked") }))
        .route("/unchanged", get(async || pulsar::http::StatusCode::NOT_MODIFIED))
}

#[pulsar::main]
async fn main() -> pulsar::Result<()> {
    besieged().bind("127.0.0.1:0").run().await
}
