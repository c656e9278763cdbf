//! What the server answers: a page, the sockets of a room, and those who speak without one.

use std::sync::Arc;
use std::time::Duration;

use pulsar::http::axum::extract::{Path, Query, State};
use pulsar::http::{Html, IntoResponse, Json, Response, Router, StatusCode, any, get, post};
use pulsar::rpc::Rpc;
use pulsar::ws::{self, Options, Room, Upgrade, WebSocket};
use serde::{Deserialize, Serialize};

/// How often each socket is told how many there are.
const PRESENCE: Duration = Duration::from_secs(10);

/// The longest name and the longest text, in characters.
pub(crate) const NAME: usize = 32;
pub(crate) const TEXT: usize = 2000;

pub(crate) fn routes(worker: String) -> Router {
    Router::new()
        .route("/", get(async || Html(include_str!("page.html"))))
        .route("/ws", any(join))
        .route("/say/{room}", post(say))
        .route("/rpc", Rpc::new().mount_name("chat", "speaker").about("chat", env!("CARGO_PKG_VERSION")).http())
        .with_state(Arc::from(worker))
}

/// Who comes, and where to.
#[derive(Deserialize)]
struct Visitor {
    #[serde(default = "lobby")]
    room: String,
    #[serde(default = "somebody")]
    name: String,
}

fn lobby() -> String {
    "lobby".into()
}

fn somebody() -> String {
    "somebody".into()
}

/// What a room hears.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum News<'a> {
    /// To a new socket alone: where it is, with how many others, and which worker it is connected to.
    Hello { room: &'a str, name: &'a str, worker: &'a str, here: u32 },
    /// Somebody came.
    Came { from: &'a str, here: u32 },
    /// Somebody left.
    Left { from: &'a str, here: u32 },
    /// Somebody said something, through this worker.
    Said { from: &'a str, text: &'a str, worker: &'a str },
    /// To one socket: how many are here.
    Here { here: u32 },
}

impl News<'_> {
    pub(crate) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

async fn join(State(worker): State<Arc<str>>, Query(visitor): Query<Visitor>, upgrade: Upgrade) -> Response {
    let upgrade = match upgrade.same_origin() {
        Ok(upgrade) => upgrade.options(Options::new().max_message(16 << 10)),
        Err(refused) => return refused.into_response(),
    };
    upgrade.on_upgrade(async move |mut socket| {
        // A socket that is closed meanwhile, and rooms that are restarted: the page connects again.
        let _ = visit(&mut socket, &worker, &visitor).await;
    })
}

/// One socket's time in a room.
async fn visit(
    socket: &mut WebSocket,
    worker: &str,
    visitor: &Visitor,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let name = cut(visitor.name.trim(), NAME);
    let room = ws::room("rooms", &visitor.room);
    let member = room.join(socket).await?;
    let here = room.count().await?;
    socket.send(News::Hello { room: &visitor.room, name, worker, here }.json()).await?;
    room.publish(News::Came { from: name, here }.json()).await?;
    let listened = listen(socket, &room, worker, name).await;
    member.leave().await;
    let here = room.count().await?;
    room.publish(News::Left { from: name, here }.json()).await?;
    listened
}

async fn listen(
    socket: &mut WebSocket,
    room: &Room,
    worker: &str,
    from: &str,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    loop {
        match tokio::time::timeout(PRESENCE, socket.recv()).await {
            Ok(Ok(message)) => {
                let text = cut(message.as_text().unwrap_or_default().trim(), TEXT);
                if !text.is_empty() {
                    room.publish(News::Said { from, text, worker }.json()).await?;
                }
            }
            Ok(Err(_closed)) => return Ok(()),
            Err(_) => socket.send(News::Here { here: room.count().await? }.json()).await?,
        }
    }
}

/// What is said without a socket.
#[derive(Deserialize)]
struct Speech {
    from: String,
    text: String,
}

async fn say(State(worker): State<Arc<str>>, Path(room): Path<String>, Json(speech): Json<Speech>) -> Response {
    let (from, text) = (cut(speech.from.trim(), NAME), cut(speech.text.trim(), TEXT));
    match ws::room("rooms", room).publish(News::Said { from, text, worker: &worker }.json()).await {
        Ok(heard) => Json(serde_json::json!({ "heard_by": heard })).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

/// The first so many characters.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}
