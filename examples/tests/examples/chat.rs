//! The `chat`: rooms across its worker processes, by sockets and without one.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use pulsar::rpc::{Client, ClientError};
use pulsar::ws::{self, By, CloseCode, WebSocket};
use rustix::process::Signal;
use serde_json::Value;
use tokio::time::timeout;

use crate::served::{SOON, Served};

fn chat() -> Served {
    Served::start(env!("CARGO_BIN_EXE_chat"), 2)
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

/// Somebody in a room; what they were greeted with.
async fn visit(chat: &Served, room: &str, name: &str) -> (WebSocket, Value) {
    let mut socket = ws::connect(format!("ws://{}/ws?room={room}&name={name}", chat.at)).await.unwrap();
    let hello = hear(&mut socket, "hello").await;
    (socket, hello)
}

/// The next news of this kind; what is of another is passed over.
async fn hear(socket: &mut WebSocket, kind: &str) -> Value {
    loop {
        let message = timeout(SOON, socket.recv()).await.expect("news in time").unwrap();
        let news: Value = serde_json::from_str(message.as_text().unwrap()).unwrap();
        if news["kind"] == kind {
            return news;
        }
    }
}

/// Visitors on two workers at least: the system gives connections to either.
async fn crowd(chat: &Served, room: &str) -> (Vec<WebSocket>, BTreeSet<String>) {
    let (mut sockets, mut workers) = (Vec::new(), BTreeSet::new());
    while workers.len() < 2 {
        assert!(sockets.len() < 200, "one worker gets all connections");
        let (socket, hello) = visit(chat, room, &format!("visitor-{}", sockets.len())).await;
        workers.insert(hello["worker"].as_str().unwrap().to_string());
        sockets.push(socket);
    }
    (sockets, workers)
}

/// A request without a library: what comes back.
async fn post(chat: &Served, path: &str, body: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(&chat.at).await.unwrap();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        chat.at,
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(SOON, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    answer
}

#[test]
fn what_is_said_is_heard_by_everybody_on_each_worker() {
    let chat = chat();
    run(async {
        let (mut sockets, workers) = crowd(&chat, "lobby").await;
        assert_eq!(workers.iter().map(String::as_str).collect::<Vec<_>>(), ["chat.workers.1", "chat.workers.2"]);
        let (mut elsewhere, hello) = visit(&chat, "other", "Nobody").await;
        assert_eq!(hello["here"], 1);
        sockets[0].send("hello, all").await.unwrap();
        for socket in &mut sockets {
            let said = hear(socket, "said").await;
            assert_eq!((said["from"].as_str(), said["text"].as_str()), (Some("visitor-0"), Some("hello, all")));
        }
        let answer = post(&chat, "/say/lobby", r#"{"from": "curl", "text": "me too"}"#).await;
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.ends_with(&format!("{{\"heard_by\":{}}}", sockets.len())),
            "{answer}"
        );
        for socket in &mut sockets {
            assert_eq!(hear(socket, "said").await["text"], "me too");
        }
        // Who is in another room heard nothing of it.
        elsewhere.send("alone").await.unwrap();
        assert_eq!(hear(&mut elsewhere, "said").await["text"], "alone");
    });
}

#[test]
fn what_is_said_by_json_rpc_is_heard_by_everybody() {
    let chat = chat();
    run(async {
        let (mut sockets, _) = crowd(&chat, "lobby").await;
        let client = Client::new(&format!("http://{}/rpc", chat.at)).unwrap();
        let heard: usize = client.call("chat.say", ("robot", "hello, people")).await.unwrap();
        assert_eq!(heard, sockets.len());
        for socket in &mut sockets {
            let said = hear(socket, "said").await;
            assert_eq!((said["from"].as_str(), said["text"].as_str()), (Some("robot"), Some("hello, people")));
        }
        let tea = serde_json::json!({"room": "tea"});
        assert_eq!(client.call::<usize>("chat.here", tea).await.unwrap(), 0);
        match client.call::<usize>("chat.say", ("robot", " ")).await {
            Err(ClientError::Rpc(error)) => assert_eq!(error.data, Some("Nothing".into())),
            other => panic!("{other:?}"),
        }
        // A call at another path is none.
        assert!(post(&chat, "/", "{}").await.starts_with("HTTP/1.1 405"));
    });
}

#[test]
fn who_leaves_is_counted_no_longer() {
    let chat = chat();
    run(async {
        let (mut ada, _) = visit(&chat, "tea", "Ada").await;
        let (grace, hello) = visit(&chat, "tea", "Grace").await;
        assert_eq!(hello["here"], 2);
        grace.close(CloseCode::NORMAL, "").await;
        let left = hear(&mut ada, "left").await;
        assert_eq!((left["from"].as_str(), left["here"].as_u64()), (Some("Grace"), Some(1)));
    });
}

#[test]
fn a_stop_says_good_bye_to_each_socket() {
    let mut chat = chat();
    run(async {
        let (mut sockets, _) = crowd(&chat, "lobby").await;
        chat.signal(Signal::TERM);
        for socket in &mut sockets {
            let closed = loop {
                match timeout(SOON, socket.recv()).await.expect("a close in time") {
                    Ok(_) => {}
                    Err(closed) => break closed,
                }
            };
            assert_eq!((closed.code, closed.by), (CloseCode::AWAY, By::Peer), "{closed}");
        }
    });
    assert!(chat.ended().success());
}

#[test]
fn a_reload_says_good_bye_and_the_next_workers_are_there() {
    let chat = chat();
    run(async {
        let (mut sockets, _) = crowd(&chat, "lobby").await;
        chat.signal(Signal::HUP);
        for socket in &mut sockets {
            while timeout(SOON, socket.recv()).await.expect("a close in time").is_ok() {}
            assert_eq!(socket.close(CloseCode::NORMAL, "").await.code, CloseCode::AWAY);
        }
        // The rooms are no process: they went on all the while, and the count is of those who are here now.
        let (mut ada, _) = visit(&chat, "lobby", "Ada").await;
        ada.send("back again").await.unwrap();
        assert_eq!(hear(&mut ada, "said").await["text"], "back again");
        let mut here = 0;
        for _ in 0..100 {
            here = visit(&chat, "lobby", "Grace").await.1["here"].as_u64().unwrap();
            if here == 2 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(here, 2);
    });
}

#[test]
fn what_is_no_socket_is_told_so() {
    let chat = chat();
    run(async {
        assert!(post(&chat, "/ws", "{}").await.starts_with("HTTP/1.1 405 "));
        assert!(post(&chat, "/say/lobby", "no json").await.starts_with("HTTP/1.1 400 "));
        let refused = ws::connect(format!("ws://{}/ws", chat.at)).header("origin", "http://evil.example").await;
        assert!(matches!(refused, Err(ws::ConnectError::Refused(403))));
    });
}

/// What is looked for in the heads of requests means nothing in a socket's frames.
#[test]
fn frames_are_not_read_as_requests() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let chat = chat();
    run(async {
        let (mut ada, _) = visit(&chat, "lobby", "Ada").await;
        let mut stream = tokio::net::TcpStream::connect(&chat.at).await.unwrap();
        let request = format!(
            "GET /ws?name=Raw HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            chat.at
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        // With a mask of zeros, the bytes are those of the text.
        for text in [
            "a\nb",
            "GET / HTTP/1.1\nHost: a",
            "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\nx",
            "\u{0}\n\n\r\r",
            "é\r\n:\r\n",
        ] {
            let frame = [&[0x81, 0x80 | text.len() as u8, 0, 0, 0, 0], text.as_bytes()].concat();
            stream.write_all(&frame).await.unwrap();
            assert_eq!(hear(&mut ada, "said").await["text"], text.trim());
        }
    });
}
