//! A room as its users have it: joining, leaving, publishing.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::{
    message::Message,
    rooms::{RoomsProxy, rooms_count, rooms_publish},
    session::WebSocket,
    station::{Station, Whom},
};
use crate::error::AskError;

/// How long it may take until a member is known to the rooms.
const WITHIN: Duration = Duration::from_secs(5);

/// The room `name` of the [`Rooms`](super::Rooms) that bear this name, or of this proxy. Nothing is asked yet.
///
/// ```no_run
/// use axum::response::Response;
/// use pulsar::ws;
///
/// async fn chat(upgrade: ws::Upgrade) -> Response {
///     upgrade.on_upgrade(async |mut socket| {
///         let room = ws::room("rooms", "lobby");
///         let Ok(_member) = room.join(&socket).await else { return };
///         while let Ok(message) = socket.recv().await {
///             // To everybody in the room, this socket included, whichever process they are connected to.
///             let _ = room.publish(message).await;
///         }
///     })
/// }
/// ```
pub fn room(rooms: impl Into<RoomsRef>, name: impl Into<String>) -> Room {
    Room { rooms: rooms.into().0, name: name.into() }
}

/// Which [`Rooms`](super::Rooms) are meant: a name, or a proxy.
///
/// ```
/// let rooms = pulsar::ws::RoomsRef::from("rooms");
/// ```
#[derive(Clone, Debug)]
pub struct RoomsRef(Whom);

impl From<&str> for RoomsRef {
    fn from(name: &str) -> Self {
        Self(Whom::Name(name.into()))
    }
}

impl From<String> for RoomsRef {
    fn from(name: String) -> Self {
        Self(Whom::Name(name))
    }
}

impl From<&RoomsProxy> for RoomsRef {
    fn from(rooms: &RoomsProxy) -> Self {
        Self(Whom::Id(rooms.id()))
    }
}

/// A room, made by [`room`]. Cheap to clone.
///
/// ```no_run
/// # async fn doc() -> Result<(), pulsar::AskError> {
/// let lobby = pulsar::ws::room("rooms", "lobby");
/// println!("{} are here", lobby.count().await?);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Room {
    rooms: Whom,
    name: String,
}

/// What becomes of a socket that does not keep up: for which more waits to be sent already than its
/// [write buffer](super::Options::write_buffer) holds. The others never wait for it.
///
/// ```no_run
/// # async fn doc(socket: &pulsar::ws::WebSocket) -> Result<(), pulsar::ws::JoinError> {
/// use pulsar::ws::{self, Slow};
/// let _member = ws::room("rooms", "prices").join_as(socket, Slow::Skip).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Slow {
    /// It is closed with 1008, and is no member any more: who is in the room has heard everything.
    #[default]
    Close,
    /// It does not get this message. For what is out of date by the next one anyhow.
    Skip,
}

impl Room {
    /// Its name.
    ///
    /// ```
    /// assert_eq!(pulsar::ws::room("rooms", "lobby").name(), "lobby");
    /// ```
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Makes the socket a member: from now on it gets what is published. Until the [`Member`] is dropped, or the session ends.
    ///
    /// # Errors
    ///
    /// [`JoinError`]: the rooms did not answer within 5 s.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it resolved, the socket is no member.
    ///
    /// ```no_run
    /// # async fn doc(socket: &pulsar::ws::WebSocket) -> Result<(), pulsar::ws::JoinError> {
    /// let member = pulsar::ws::room("rooms", "lobby").join(socket).await?;
    /// # Ok(()) }
    /// ```
    pub async fn join(&self, socket: &WebSocket) -> Result<Member, JoinError> {
        self.join_as(socket, Slow::Close).await
    }

    /// The same, and says what becomes of the socket when it does not keep up.
    ///
    /// # Errors
    ///
    /// [`JoinError`]: the rooms did not answer within 5 s.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it resolved, the socket is no member.
    ///
    /// ```no_run
    /// # async fn doc(socket: &pulsar::ws::WebSocket) -> Result<(), pulsar::ws::JoinError> {
    /// let member = pulsar::ws::room("rooms", "prices").join_as(socket, pulsar::ws::Slow::Skip).await?;
    /// # Ok(()) }
    /// ```
    pub async fn join_as(&self, socket: &WebSocket, slow: Slow) -> Result<Member, JoinError> {
        let station = Station::of_this_loop(&self.rooms);
        let (number, version) = station.add(&self.name, socket.sender_of_room(), slow);
        let member = Member { station, room: self.name.clone(), number };
        match timeout(WITHIN, member.station.known(version)).await {
            Ok(true) => Ok(member),
            _ => Err(JoinError(())),
        }
    }

    /// Sends a message to all members, wherever they are, and returns how many there were when it was handed to their workers. Any
    /// process of the program may do it, with a socket or without.
    ///
    /// # Errors
    ///
    /// [`AskError`]: the rooms are not there, or are being restarted. Whether it was published is not known then.
    ///
    /// # Cancel safety
    ///
    /// Once polled, it may be published all the same.
    ///
    /// ```no_run
    /// # async fn doc() -> Result<(), pulsar::AskError> {
    /// pulsar::ws::room("rooms", "lobby").publish("good morning").await?;
    /// # Ok(()) }
    /// ```
    pub async fn publish(&self, message: impl Into<Message>) -> Result<u32, AskError> {
        self.rooms.find().await?.send(rooms_publish(self.name.clone(), message.into())).await
    }

    /// How many members it has, in all processes.
    ///
    /// # Errors
    ///
    /// [`AskError`]: the rooms are not there, or are being restarted.
    ///
    /// # Cancel safety
    ///
    /// Nothing is changed by it; ask again.
    ///
    /// ```no_run
    /// # async fn doc() -> Result<(), pulsar::AskError> {
    /// println!("{}", pulsar::ws::room("rooms", "lobby").count().await?);
    /// # Ok(()) }
    /// ```
    pub async fn count(&self) -> Result<u32, AskError> {
        self.rooms.find().await?.send(rooms_count(self.name.clone())).await
    }
}

/// A socket's place in a room, which it leaves when this is dropped.
///
/// ```no_run
/// # async fn doc(socket: &pulsar::ws::WebSocket) -> Result<(), pulsar::ws::JoinError> {
/// let member = pulsar::ws::room("rooms", "lobby").join(socket).await?;
/// drop(member);
/// # Ok(()) }
/// ```
#[must_use = "the socket leaves the room when it is dropped"]
pub struct Member {
    station: Arc<Station>,
    room: String,
    number: u64,
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("room", &self.room).finish_non_exhaustive()
    }
}

impl Member {
    /// Leaves the room, and waits until the rooms know of it (5 s at most): so that it is [counted](Room::count) no longer. To leave
    /// without waiting, drop it.
    ///
    /// # Cancel safety
    ///
    /// Once polled, it has left all the same.
    ///
    /// ```no_run
    /// # async fn doc(member: pulsar::ws::Member) {
    /// member.leave().await;
    /// # }
    /// ```
    pub async fn leave(self) {
        if let Some(version) = self.station.remove(&self.room, self.number) {
            let _ = timeout(WITHIN, self.station.known(version)).await;
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.station.remove(&self.room, self.number);
    }
}

/// The rooms did not answer in time: there are none of this name, or they are being restarted.
///
/// ```no_run
/// # async fn doc(socket: &pulsar::ws::WebSocket) {
/// if let Err(error) = pulsar::ws::room("rooms", "lobby").join(socket).await {
///     println!("{error}");
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct JoinError(());

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the rooms did not answer within {WITHIN:?}")
    }
}

impl std::error::Error for JoinError {}
