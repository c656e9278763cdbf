//! Who says things for programs that have no socket: what JSON-RPC calls at `/rpc`.

use pulsar::prelude::*;
use pulsar::ws;
use serde::{Deserialize, Serialize};

use crate::routes::{NAME, News, TEXT, cut};

/// Says things in rooms.
#[actor(thread)]
pub(crate) struct Speaker {}

/// Why something was not said. Callers are told.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Unsaid {
    /// There was no text.
    Nothing,
    /// The rooms did not answer.
    NoRooms,
}

impl std::fmt::Display for Unsaid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nothing => "there is nothing to say",
            Self::NoRooms => "the rooms do not answer",
        })
    }
}

impl std::error::Error for Unsaid {}

#[actor]
impl Speaker {
    /// Says something in a room (the lobby, unless another is named). Answers how many hear it.
    #[command]
    async fn say(&mut self, from: String, text: String, room: Option<String>) -> Result<u32, Unsaid> {
        let (from, text) = (cut(from.trim(), NAME), cut(text.trim(), TEXT));
        if text.is_empty() {
            return Err(Unsaid::Nothing);
        }
        let room = ws::room("rooms", room.unwrap_or_else(|| "lobby".into()));
        room.publish(News::Said { from, text, worker: "speaker" }.json()).await.map_err(|_| Unsaid::NoRooms)
    }

    /// How many are in a room (the lobby, unless another is named).
    #[command]
    async fn here(&mut self, room: Option<String>) -> Result<u32, Unsaid> {
        let room = ws::room("rooms", room.unwrap_or_else(|| "lobby".into()));
        room.count().await.map_err(|_| Unsaid::NoRooms)
    }
}
