//! The extractor: a request that opens a WebSocket, and the response that lets it.

use std::{fmt, future::Future};

use axum::extract::FromRequestParts;
use axum::http::{
    HeaderName, HeaderValue, StatusCode,
    header::{CONNECTION, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_PROTOCOL, UPGRADE},
    request::Parts,
};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::{handshake::derive_accept_key, protocol::Role};

use super::{
    drain::Drain,
    handshake::{self, Opening, Refused},
    options::Options,
    session::WebSocket,
};

/// A request that asks for a WebSocket: the argument of a handler. Requests that do not are [`Refused`].
///
/// HTTP/1.1, and extended CONNECT of HTTP/2 where the server allows it; route it with
/// [`any`](axum::routing::any) for both.
///
/// ```
/// use axum::response::Response;
/// use pulsar::ws::{CloseCode, Options, Refused, Upgrade};
///
/// async fn clock(upgrade: Upgrade) -> Result<Response, Refused> {
///     // A page of another site shall not talk to us with its visitor's cookies.
///     let upgrade = upgrade.same_origin()?.options(Options::new().max_message(1024));
///     Ok(upgrade.on_upgrade(async |socket| {
///         let _ = socket.send("tick").await;
///         let _ = socket.close(CloseCode::NORMAL, "that was all").await;
///     }))
/// }
/// ```
pub struct Upgrade {
    parts: Parts,
    opening: Opening,
    on_upgrade: OnUpgrade,
    options: Options,
    drain: Option<Drain>,
}

impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrade").field("uri", &self.parts.uri).field("options", &self.options).finish_non_exhaustive()
    }
}

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let opening = handshake::opening(parts)?;
        let on_upgrade = parts.extensions.remove::<OnUpgrade>().ok_or(Refused::CANNOT_UPGRADE)?;
        let drain = Drain::of(&parts.extensions);
        if drain.as_ref().is_some_and(Drain::has_begun) {
            return Err(Refused::DRAINING);
        }
        Ok(Self { parts: parts.clone(), opening, on_upgrade, options: Options::default(), drain })
    }
}

impl Upgrade {
    /// Sets limits, times and subprotocols.
    ///
    /// ```
    /// # fn doc(upgrade: pulsar::ws::Upgrade) -> pulsar::ws::Upgrade {
    /// upgrade.options(pulsar::ws::Options::new().max_message(64 << 10))
    /// # }
    /// ```
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Refuses with 403 where a browser says that the page is of another site than this one: its `Origin` is not the `Host`. A
    /// client that is no browser sends no origin, and is let in.
    ///
    /// Behind a proxy that changes `Host`, use [`origins`](Self::origins).
    ///
    /// # Errors
    ///
    /// [`Refused`], to be returned from the handler.
    ///
    /// ```
    /// # fn doc(upgrade: pulsar::ws::Upgrade) -> Result<pulsar::ws::Upgrade, pulsar::ws::Refused> {
    /// upgrade.same_origin()
    /// # }
    /// ```
    pub fn same_origin(self) -> Result<Self, Refused> {
        if handshake::is_same_origin(&self.parts) { Ok(self) } else { Err(Refused::ORIGIN) }
    }

    /// Refuses with 403 where a browser says that the page is of another site than one of these, written as browsers do:
    /// `https://example.org`.
    ///
    /// # Errors
    ///
    /// [`Refused`], to be returned from the handler.
    ///
    /// ```
    /// # fn doc(upgrade: pulsar::ws::Upgrade) -> Result<pulsar::ws::Upgrade, pulsar::ws::Refused> {
    /// upgrade.origins(&["https://example.org", "http://localhost:8060"])
    /// # }
    /// ```
    pub fn origins(self, allowed: &[&str]) -> Result<Self, Refused> {
        if handshake::has_origin(&self.parts, allowed) { Ok(self) } else { Err(Refused::ORIGIN) }
    }

    /// The request's `Origin`, if it has one.
    ///
    /// ```
    /// # fn doc(upgrade: &pulsar::ws::Upgrade) {
    /// println!("{:?}", upgrade.origin());
    /// # }
    /// ```
    pub fn origin(&self) -> Option<&str> {
        self.parts.headers.get(ORIGIN)?.to_str().ok()
    }

    /// The subprotocol that will be agreed on: the first of [`Options::protocols`] that the client offers.
    ///
    /// ```
    /// # fn doc(upgrade: &pulsar::ws::Upgrade) {
    /// println!("{:?}", upgrade.protocol());
    /// # }
    /// ```
    pub fn protocol(&self) -> Option<String> {
        let chosen = handshake::protocol(&self.parts.headers, &self.options.protocols)?;
        chosen.to_str().ok().map(str::to_string)
    }

    /// The response that opens the WebSocket. `handler` is run when it is open, in a task of its own.
    ///
    /// The session is closed with 1000 when the handler has dropped the [`WebSocket`] and whatever it made of it, with 1011 if it
    /// panics.
    ///
    /// ```
    /// # fn doc(upgrade: pulsar::ws::Upgrade) -> axum::response::Response {
    /// upgrade.on_upgrade(async |mut socket| {
    ///     while let Ok(message) = socket.recv().await {
    ///         println!("{message:?}");
    ///     }
    /// })
    /// # }
    /// ```
    #[must_use = "return it from the handler"]
    pub fn on_upgrade<F: Future<Output = ()> + Send + 'static>(
        self,
        handler: impl FnOnce(WebSocket) -> F + Send + 'static,
    ) -> Response {
        let protocol = handshake::protocol(&self.parts.headers, &self.options.protocols);
        let name = protocol.as_ref().and_then(|name| name.to_str().ok()).map(str::to_string);
        let Self { opening, on_upgrade, options, drain, .. } = self;
        let busy = drain.as_ref().map(Drain::hold);
        tokio::spawn(async move {
            // Until the handler is done, too.
            let _busy = busy;
            // The connection went away: there is nobody to tell.
            let Ok(upgraded) = on_upgrade.await else { return };
            let socket = WebSocket::over(TokioIo::new(upgraded), Role::Server, &options, name, drain).await;
            handler(socket).await;
        });
        let mut response = StatusCode::OK.into_response();
        let mut set = |name: HeaderName, value| response.headers_mut().insert(name, value);
        if let Some(protocol) = protocol {
            set(SEC_WEBSOCKET_PROTOCOL, protocol);
        }
        if let Opening::Key(key) = opening {
            set(CONNECTION, HeaderValue::from_static("upgrade"));
            set(UPGRADE, HeaderValue::from_static("websocket"));
            if let Ok(accept) = HeaderValue::try_from(derive_accept_key(key.as_bytes())) {
                set(SEC_WEBSOCKET_ACCEPT, accept);
            }
            *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        }
        response
    }
}
