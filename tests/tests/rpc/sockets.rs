//! JSON-RPC over WebSocket: answers by their ids, several at once, and the ends of sessions.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use pulsar::prelude::*;
use pulsar::rpc::Rpc;
use pulsar::ws::{self, CloseCode, Message, WebSocket};
use pulsar_tests::{Log, SOON, actors::Probe, until};
use serde_json::{Value, json};

use crate::examples;
use crate::server::Server;

async fn session(server: &Server) -> Result<WebSocket> {
    Ok(ws::connect(format!("ws://{}/ws", server.address)).await?)
}

async fn text(socket: &mut WebSocket) -> Result<String> {
    Ok(socket.recv().await?.as_text().expect("an answer is text").to_string())
}

fn call(method: &str, params: Value, id: u64) -> String {
    json!({"jsonrpc": "2.0", "method": method, "params": params, "id": id}).to_string()
}

#[pulsar::test]
async fn a_message_is_answered_by_a_message() -> Result<()> {
    let server = Server::start(examples().await?).await;
    let mut socket = session(&server).await?;
    for (sent, answer) in [
        (
            r#"{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":"x"}"#,
            r#"{"jsonrpc":"2.0","result":19,"id":"x"}"#,
        ),
        ("{", r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}"#),
        (
            r#"[{"jsonrpc":"2.0","method":"get_data","id":1},{"jsonrpc":"2.0","method":"notify_hello","params":[1]}]"#,
            r#"[{"jsonrpc":"2.0","result":["hello",5],"id":1}]"#,
        ),
    ] {
        socket.send(sent).await?;
        assert_eq!(text(&mut socket).await?, answer);
        socket.send(Message::binary(sent.as_bytes().to_vec())).await?;
        assert_eq!(text(&mut socket).await?, answer);
    }
    // A notification has no answer: the next that comes is to the next call.
    socket.send(r#"{"jsonrpc":"2.0","method":"notify_hello","params":[2]}"#).await?;
    socket.send(call("heard", json!([]), 7)).await?;
    let heard: Value = serde_json::from_str(&text(&mut socket).await?)?;
    assert_eq!(heard["id"], 7);
    assert_eq!(socket.close(CloseCode::NORMAL, "").await.code, CloseCode::NORMAL);
    Ok(())
}

#[pulsar::test]
async fn calls_of_one_session_are_worked_on_at_once() -> Result<()> {
    let probe = Probe::new().on(Kind::Thread).spawn().await?;
    let server = Server::start(Rpc::new().mount("probe", &probe).timeout(SOON)).await;
    let mut socket = session(&server).await?;
    let began = Instant::now();
    socket.send(call("probe.later", json!([1500]), 0)).await?;
    for id in 1..200 {
        socket.send(call("probe.later", json!([1]), id)).await?;
    }
    let mut answers = BTreeMap::new();
    let mut last = 0;
    while answers.len() < 200 {
        let answer: Value = serde_json::from_str(&text(&mut socket).await?)?;
        last = answer["id"].as_u64().unwrap_or_default();
        answers.insert(last, answer["result"].clone());
    }
    assert_eq!(last, 0, "who waits keeps nobody waiting");
    assert_eq!((&answers[&0], &answers[&199]), (&json!(1500), &json!(1)));
    assert!(began.elapsed() < SOON);
    Ok(())
}

#[pulsar::test]
async fn the_end_of_a_session_gives_up_what_it_has_called() -> Result<()> {
    let probe = Probe::new().on(Kind::Thread).spawn().await?;
    let server = Server::start(Rpc::new().mount("probe", &probe).timeout(SOON)).await;
    let log = Log::new();
    let socket = session(&server).await?;
    socket.send(call("probe.watch_caller", json!([log.path()]), 1)).await?;
    until("it is called", SOON, async || log.lines() == ["begun"]).await;
    drop(socket);
    until("it is given up", Duration::from_secs(10), async || log.lines() == ["begun", "cancelled"]).await;
    Ok(())
}

#[pulsar::test]
async fn a_message_has_a_limit_and_a_page_of_another_site_is_kept_out() -> Result<()> {
    let server = Server::start(examples().await?.max_body(100)).await;
    let mut socket = session(&server).await?;
    socket.send("x".repeat(101)).await?;
    match socket.recv().await {
        Err(closed) => assert_eq!(closed.code, CloseCode::TOO_BIG),
        Ok(message) => panic!("{message:?}"),
    }
    let url = format!("ws://{}/ws", server.address);
    let refused = ws::connect(&url).header("Origin", "https://elsewhere.example").await;
    assert!(refused.is_err(), "{refused:?}");
    let own = format!("http://{}", server.address);
    assert!(ws::connect(&url).header("Origin", own).await.is_ok());
    Ok(())
}
