//! WebSocket: an extractor for axum's routers, a client, and rooms that span worker processes.
//!
//! ```
//! use axum::{Router, response::Response, routing::any};
//! use pulsar::ws;
//!
//! /// Sends back whatever comes.
//! async fn echo(upgrade: ws::Upgrade) -> Response {
//!     upgrade.on_upgrade(async |mut socket| {
//!         while let Ok(message) = socket.recv().await {
//!             if socket.send(message).await.is_err() {
//!                 break;
//!             }
//!         }
//!     })
//! }
//!
//! let router: Router = Router::new().route("/echo", any(echo));
//! ```
//!
//! # A session
//!
//! A [`WebSocket`] is a handle: the connection itself is driven by a task of its own. So pings are answered, the peer is looked after
//! and the closing handshake is finished whatever the handler does, and a handle is easily [split](WebSocket::split). What both
//! ways may hold is bounded ([`Options`]): a handler that does not read stops the peer, and one who writes to a peer that does not
//! read waits, until the peer has taken nothing for the [write time-out](Options::write_timeout): then the connection is dropped.
//!
//! # Draining
//!
//! When the worker is told to end, each session is closed with [`CloseCode::AWAY`] (1001), and has its
//! [close time-out](Options::close_timeout) to take leave. What was sent before is sent before.
//!
//! # What is not there
//!
//! permessage-deflate: tungstenite 0.30, on which this stands, has no extensions. None is ever agreed on, so a client that offers it goes
//! without, and frames with reserved bits are refused.

mod client;
mod close;
mod drain;
mod driver;
mod handshake;
mod message;
mod options;
mod room;
mod rooms;
mod session;
mod station;
mod upgrade;

pub use client::{Connect, ConnectError, connect};
pub use close::{By, CloseCode, Closed};
pub use handshake::Refused;
pub use message::{Message, Text};
pub use options::Options;
pub use room::{JoinError, Member, Room, RoomsRef, Slow, room};
pub use rooms::{Rooms, RoomsProxy};
pub use session::{Receiver, SendError, Sender, TrySendError, WebSocket};
pub use upgrade::Upgrade;
