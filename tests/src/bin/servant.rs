//! What the tests of applications serve. `SERVANT` in the environment says what: `http` (unless told otherwise), `tcp`, `udp`, `several`, `children`.

use std::time::Duration;

use pulsar::http::extract::{Path, Query};
use pulsar::http::{Body, IntoResponse, Response, Router, any, get};
use pulsar::prelude::*;
use pulsar::socket::{AsyncReadExt, AsyncWriteExt, Datagram, Stream};
use pulsar::{App, Apps, Hooks};

fn hooks() -> Hooks {
    let say = |text: &'static str| {
        move || async move {
            println!("hook: {text}");
            Ok(())
        }
    };
    Hooks::new()
        .worker_start(say("worker_start"))
        .worker_stopping(say("worker_stopping"))
        .connection_made(|connection| println!("hook: made {}", connection.number))
        .connection_lost(|connection| println!("hook: lost {}", connection.number))
}

/// Serves what tests ask for.
#[pulsar::http(hooks = hooks)]
async fn servant(greeting: String) -> Result<Router> {
    if let Ok(path) = std::env::var("SERVANT_NEVER_READY")
        && std::fs::exists(path)?
    {
        return Err(Error::msg("it is not ready, as it was told"));
    }
    Ok(Router::new()
        .route("/", get(move || async move { greeting }))
        .route("/pid", get(async || std::process::id().to_string()))
        .route("/name", get(async || current().map(|cx| cx.name()).unwrap_or_default()))
        .route(
            "/user",
            get(async || format!("{}:{}", rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw())),
        )
        .route("/sleep/{millis}", get(sleep))
        .route("/block/{millis}", get(block))
        .route("/stream/{count}", get(stream))
        .route("/panic", get(async || -> String { panic!("as it was asked") }))
        .route("/count", get(count))
        .route("/socket", any(socket)))
}

async fn sleep(Path(millis): Path<u64>) -> String {
    tokio::time::sleep(Duration::from_millis(millis)).await;
    format!("slept {millis}")
}

async fn block(Path(millis): Path<u64>) -> String {
    std::thread::sleep(Duration::from_millis(millis));
    format!("blocked {millis}")
}

/// A line every 100 ms.
async fn stream(Path(count): Path<u32>) -> Response {
    let lines = futures_util::stream::unfold(0, move |at| async move {
        if at == count {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        Some((Ok::<_, std::convert::Infallible>(format!("line {at}\n")), at + 1))
    });
    Body::from_stream(lines).into_response()
}

/// Sends messages back.
async fn socket(upgrade: pulsar::ws::Upgrade) -> Response {
    upgrade.on_upgrade(async |mut socket| {
        while let Ok(message) = socket.recv().await {
            if socket.send(message).await.is_err() {
                break;
            }
        }
    })
}

/// Counts in the actor `counter`.
async fn count(Query(query): Query<std::collections::HashMap<String, u64>>) -> Response {
    let by = query.get("by").copied().unwrap_or(1);
    match send("counter", add(by)).await {
        Ok(total) => total.to_string().into_response(),
        Err(error) => (pulsar::http::StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {}

#[command]
fn add(counter: &mut Counter, n: u64) -> u64 {
    counter.total += n;
    counter.total
}

/// Sends lines back.
#[pulsar::socket(hooks = hooks)]
async fn echo(mut stream: Stream, prompt: String) -> std::io::Result<()> {
    stream.write_all(prompt.as_bytes()).await?;
    let mut bytes = [0; 4096];
    loop {
        match stream.read(&mut bytes).await? {
            0 => return Ok(()),
            count if bytes[..count].starts_with(b"panic") => panic!("as it was asked"),
            count => stream.write_all(&bytes[..count]).await?,
        }
    }
}

/// Sends datagrams back.
#[pulsar::udp]
async fn echo_udp(datagram: Datagram) -> std::io::Result<()> {
    datagram.reply(datagram.bytes()).await
}

fn http() -> App {
    servant("hello\n")
        .bind("127.0.0.1:0")
        .monitor_start(async || {
            println!("hook: monitor_start");
            Ok(())
        })
        .when_ready(|app| println!("hook: when_ready {}", app.urls().join(" ")))
        .when_exit(async || {
            println!("hook: when_exit");
            Ok(())
        })
}

#[pulsar::main]
async fn main() -> Result<()> {
    let what = std::env::var("SERVANT").unwrap_or_default();
    match what.as_str() {
        "tcp" => echo("").bind("127.0.0.1:0").run().await,
        "udp" => echo_udp().bind("127.0.0.1:0").run().await,
        "children" => http().child("counter", Counter::new()).run().await,
        "several" => Apps::new().app(http()).prefixed("echo", echo("> ").named("echo").bind("127.0.0.1:0")).run().await,
        "added" => added().await,
        _ => http().run().await,
    }
}

/// An application that is added to a program that runs, and stopped.
async fn added() -> Result<()> {
    let first = http().named("first").spawn().await?;
    let twice = http().named("first").spawn().await.err().map(|error| error.to_string());
    println!("twice: {}", twice.unwrap_or_default());
    let second = echo("").named("second").bind("127.0.0.1:0").workers(2).spawn().await?;
    println!("{} {} {}", first.urls().join(","), second.urls().join(","), second.addresses().len());
    println!("workers: {}", second.pool().each().await?.len());
    second.stop().await?;
    second.wait().await?;
    println!("second: {}", find("second").await.is_ok());
    println!("first: {}", find("first").await.is_ok());
    // By its name, as anybody in the program could.
    send("first", command::stop()).await?;
    first.wait().await?;
    println!("done");
    Ok(())
}
