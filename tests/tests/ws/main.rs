//! WebSocket, over real sockets: the handshake, sessions, their limits and their ends.

mod autobahn;
mod conformance;
mod handshake;
mod limits;
mod raw;
mod rooms;
mod served;
mod server;
mod sessions;
