//! A random graph, drawn as it comes: a WebSocket streams points, a hundred in each message.
//!
//! ```text
//! graph [--workers 2] [--bind 127.0.0.1:8060]
//! ```
//!
//! A browser finds the page at `/`, a program the points at `/points?every=100`: each message is a JSON array of a hundred numbers,
//! one message each so many milliseconds.

mod walk;

use std::time::Duration;

use pulsar::http::axum::extract::Query;
use pulsar::http::{Html, Response, Router, any, get};
use pulsar::ws::{Refused, Upgrade, WebSocket};
use serde::Deserialize;

use crate::walk::Walk;

/// How many points a message has.
const POINTS: usize = 100;

#[pulsar::http]
fn graph() -> Router {
    Router::new().route("/", get(async || Html(include_str!("page.html")))).route("/points", any(points))
}

/// What is asked for.
#[derive(Deserialize)]
struct Pace {
    /// The milliseconds between two messages.
    #[serde(default = "tenth")]
    every: u64,
}

fn tenth() -> u64 {
    100
}

async fn points(Query(pace): Query<Pace>, upgrade: Upgrade) -> Result<Response, Refused> {
    let every = Duration::from_millis(pace.every.clamp(10, 10_000));
    Ok(upgrade.same_origin()?.on_upgrade(async move |socket| stream(socket, every).await))
}

/// Until the peer leaves. One that reads more slowly gets fewer messages: what is due is sent when there is room.
async fn stream(socket: WebSocket, every: Duration) {
    let (sender, mut receiver) = socket.split();
    // Whatever it says is read, so that its close is.
    let listen = tokio::spawn(async move { while receiver.recv().await.is_ok() {} });
    let mut walk = Walk::new();
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let points: Vec<_> = walk.by_ref().take(POINTS).collect();
        if sender.send(serde_json::to_string(&points).unwrap_or_default()).await.is_err() {
            break;
        }
    }
    listen.abort();
}

#[pulsar::main]
async fn main() -> pulsar::Result<()> {
    graph().run().await
}
