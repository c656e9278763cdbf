//! Chat rooms across worker processes: whoever is in a room hears everybody in it, whichever worker they are connected to.
//!
//! ```text
//! chat [--workers 2] [--bind 127.0.0.1:8060]
//! ```
//!
//! A browser finds a page at `/`. A program opens a WebSocket at `/ws?room=lobby&name=Ada`, or says something without one:
//! `curl -d '{"from": "curl", "text": "hello"}' -H 'content-type: application/json' 127.0.0.1:8060/say/lobby`. At `/rpc` it
//! speaks JSON-RPC: `chat.say` and `chat.here`.

mod routes;
mod speaker;

use pulsar::ws::Rooms;

#[pulsar::http]
fn chat() -> pulsar::http::Router {
    let worker = pulsar::current().map_or_else(|| "chat".into(), |worker| worker.name());
    routes::routes(worker)
}

#[pulsar::main]
async fn main() -> pulsar::Result<()> {
    // The rooms are an actor, as is who speaks in them: started before the workers and stopped after them.
    chat().child("rooms", Rooms::new()).child("speaker", speaker::Speaker::new()).run().await
}
