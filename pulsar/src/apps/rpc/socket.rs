//! JSON-RPC over WebSocket: a request is a message, and so is an answer. Must not know what is called.

use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use tokio::task::JoinSet;

use super::Rpc;
use crate::apps::ws::{Message, Options, Upgrade, WebSocket};

/// How many requests of one session are worked on at the same time.
const MAX_CALLS: usize = 32;

impl Rpc {
    /// A route that serves it over WebSocket.
    ///
    /// A request, or a batch, is one message; so is its answer. Messages of a session are worked on at the same time, up to 32 of them (more are
    /// not read yet), and each is answered when it is done: an answer is told by its id. Whoever needs an order waits for the answer. A message
    /// above [`max_body`](Self::max_body) ends the session with 1009, and the end of a session gives up what it has called. A page of another site is
    /// refused with 403: to let some in, take [`Upgrade`] and [`socket`](Self::socket).
    ///
    /// ```no_run
    /// use axum::Router;
    /// use pulsar::rpc::Rpc;
    ///
    /// # fn doc(calculator: pulsar::Proxy) {
    /// let rpc = Rpc::new().mount("calc", &calculator);
    /// let site: Router = Router::new().route("/", rpc.clone().http()).route("/ws", rpc.ws());
    /// # }
    /// ```
    pub fn ws<S: Clone + Send + Sync + 'static>(self) -> MethodRouter<S> {
        any(async move |upgrade: Upgrade| -> Response {
            let upgrade = match upgrade.same_origin() {
                Ok(upgrade) => upgrade.options(self.options()),
                Err(refused) => return refused.into_response(),
            };
            upgrade.on_upgrade(async move |socket| self.socket(socket).await)
        })
    }

    /// Serves it in a session, until that ends: what [`ws`](Self::ws) does once the WebSocket is open.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it ends the session.
    ///
    /// ```no_run
    /// use axum::response::Response;
    /// use pulsar::rpc::Rpc;
    /// use pulsar::ws::{Refused, Upgrade};
    ///
    /// async fn socket(rpc: Rpc, upgrade: Upgrade) -> Result<Response, Refused> {
    ///     let upgrade = upgrade.origins(&["https://example.org"])?;
    ///     Ok(upgrade.on_upgrade(async move |socket| rpc.socket(socket).await))
    /// }
    /// ```
    pub async fn socket(&self, socket: WebSocket) {
        let (sender, mut receiver) = socket.split();
        let mut calls = JoinSet::new();
        while let Ok(message) = receiver.recv().await {
            while calls.try_join_next().is_some() {}
            if calls.len() >= MAX_CALLS {
                calls.join_next().await;
            }
            let (rpc, sender) = (self.clone(), sender.clone());
            calls.spawn(async move {
                if let Some(answer) = rpc.answered(message.as_bytes()).await {
                    // Whoever has gone meanwhile hears nothing.
                    let _ = sender.send(Message::text(answer)).await;
                }
            });
        }
    }

    fn options(&self) -> Options {
        Options::new().max_message(self.0.max_body).max_frame(self.0.max_body)
    }
}
