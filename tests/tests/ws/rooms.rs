//! Rooms that span processes: who hears what, and what is left when somebody dies.

use std::time::{Duration, Instant};

use axum::{Router, extract::Path, response::Response, routing::any};
use pulsar::prelude::*;
use pulsar::ws::{self, Message, Options, Rooms, Slow, Upgrade, WebSocket};
use pulsar_tests::{SOON, proc, until};
use rustix::process::Signal;
use tokio::time::timeout;

use crate::raw::{FIN, Raw, TEXT};
use crate::server::serve;

/// A worker that serves sockets: `/room/slow-rule` joins, and what a socket sends is published.
#[actor]
struct Server {
    #[state]
    port: u16,
}

#[actor]
impl Server {
    #[hook]
    async fn start(&mut self) {
        let router = Router::new().route("/{room}/{slow}", any(join));
        self.port = serve(router).await.port();
    }

    #[command]
    fn place(&self) -> (u16, u32) {
        (self.port, std::process::id())
    }

    /// From a worker, without a socket.
    #[command]
    async fn publish(&self, room: String, text: String) -> Result<u32> {
        Ok(ws::room("rooms", room).publish(text).await?)
    }
}

async fn join(Path((room, slow)): Path<(String, String)>, upgrade: Upgrade) -> Response {
    let options = Options::new().write_buffer(64 << 10).write_timeout(Duration::from_millis(500));
    upgrade.options(options).on_upgrade(async move |mut socket| {
        let slow = if slow == "skip" { Slow::Skip } else { Slow::Close };
        let room = ws::room("rooms", room);
        let Ok(_member) = room.join_as(&socket, slow).await else { return };
        socket.send("joined").await.unwrap();
        while let Ok(message) = socket.recv().await {
            let _ = room.publish(message).await;
        }
    })
}

/// Ends the actor badly.
#[command]
fn burst(_cx: &mut Context) {
    panic!("a panic that a test asked for");
}

async fn enter(port: u16, room: &str) -> WebSocket {
    let mut socket = ws::connect(format!("ws://127.0.0.1:{port}/{room}/close")).await.unwrap();
    assert_eq!(next(&mut socket).await, "joined");
    socket
}

async fn next(socket: &mut WebSocket) -> String {
    let message = timeout(SOON, socket.recv()).await.expect("a message in time").unwrap();
    message.as_text().unwrap().to_string()
}

async fn two_servers() -> Result<(ServerProxy, ServerProxy, u16, u16)> {
    let (one, two) = (Server::new().spawn().await?, Server::new().spawn().await?);
    let ports = (one.place().await?.0, two.place().await?.0);
    Ok((one, two, ports.0, ports.1))
}

#[pulsar::test]
async fn a_message_reaches_each_process_and_only_its_room() -> Result<()> {
    let rooms = Rooms::new().named("rooms").spawn().await?;
    let (one, _two, first, second) = two_servers().await?;
    let mut here = enter(first, "a").await;
    let mut there = enter(second, "a").await;
    let mut other = enter(second, "b").await;
    assert_eq!(rooms.count("a").await?, 2);
    assert_eq!(rooms.list().await?, [("a".to_string(), 2), ("b".to_string(), 1)]);

    here.send("from a socket").await.unwrap();
    assert_eq!(next(&mut here).await, "from a socket");
    assert_eq!(next(&mut there).await, "from a socket");
    // From a worker, and from here; by name and by proxy.
    assert_eq!(one.publish("a", "from a worker").await?, 2);
    assert_eq!(ws::room(&rooms, "a").publish("from main").await?, 2);
    assert_eq!(rooms.publish("a", Message::from(vec![1, 2])).await?, 2);
    for socket in [&mut here, &mut there] {
        assert_eq!(next(socket).await, "from a worker");
        assert_eq!(next(socket).await, "from main");
        assert_eq!(timeout(SOON, socket.recv()).await.unwrap().unwrap(), Message::from(vec![1, 2]));
    }
    assert_eq!(rooms.publish("b", Message::from("to the other")).await?, 1);
    assert_eq!(next(&mut other).await, "to the other");
    assert_eq!(rooms.publish("nobody", Message::from("x")).await?, 0);

    drop(there);
    until("it has left", SOON, async || rooms.count("a").await.unwrap() == 1).await;
    assert_eq!(ws::room("rooms", "a").count().await?, 1);
    assert_eq!(rooms.info().await?.actor.kind, Some(Kind::Thread));
    Ok(())
}

#[pulsar::test]
async fn everybody_hears_everything_in_order() -> Result<()> {
    const SOCKETS: usize = 10;
    const MESSAGES: usize = 400;
    let _rooms = Rooms::new().named("rooms").spawn().await?;
    let (_one, _two, first, second) = two_servers().await?;
    let mut sockets = Vec::new();
    for _ in 0..SOCKETS {
        sockets.push(enter(first, "a").await);
        sockets.push(enter(second, "a").await);
    }
    let (writers, mut readers): (Vec<_>, Vec<_>) = sockets.into_iter().map(WebSocket::split).unzip();
    let talk = tokio::spawn(async move {
        for n in 0..MESSAGES {
            writers[0].send(format!("0 {n}")).await.unwrap();
            writers[1].send(format!("1 {n}")).await.unwrap();
        }
        writers
    });
    for reader in &mut readers {
        let mut heard = [0, 0];
        for _ in 0..2 * MESSAGES {
            let message = timeout(SOON, reader.recv()).await.expect("in time").unwrap();
            let (who, n) = message.as_text().unwrap().split_once(' ').unwrap();
            let heard = &mut heard[who.parse::<usize>().unwrap()];
            assert_eq!(n.parse::<usize>().unwrap(), *heard);
            *heard += 1;
        }
        assert_eq!(heard, [MESSAGES; 2]);
    }
    drop(talk.await);
    Ok(())
}

#[pulsar::test]
async fn a_worker_that_is_killed_takes_only_its_own_members() -> Result<()> {
    let rooms = Rooms::new().named("rooms").spawn().await?;
    let (one, _two, first, second) = two_servers().await?;
    let mut lost = enter(first, "a").await;
    let mut kept = enter(second, "a").await;
    let pid = one.place().await?.1;
    let killed = Instant::now();
    assert!(proc::signal(pid, Signal::KILL));
    assert!(timeout(SOON, lost.recv()).await.unwrap().is_err());
    until("its member is counted no longer", SOON, async || rooms.count("a").await.unwrap() == 1).await;
    assert!(killed.elapsed() < Duration::from_secs(10), "its link says so: {:?}", killed.elapsed());
    rooms.publish("a", Message::from("still here")).await?;
    assert_eq!(next(&mut kept).await, "still here");

    // It comes back, and takes part.
    let mut port = first;
    until("it is back", SOON, async || {
        port = one.place().await.map_or(first, |place| if place.1 == pid { first } else { place.0 });
        port != first
    })
    .await;
    let mut back = enter(port, "a").await;
    assert_eq!(rooms.publish("a", Message::from("both")).await?, 2);
    assert_eq!(next(&mut back).await, "both");
    assert_eq!(next(&mut kept).await, "both");
    Ok(())
}

async fn rooms_that_die(rooms: ws::RoomsProxy, kill: impl AsyncFn(&ws::RoomsProxy)) -> Result<()> {
    let (_one, two, first, second) = two_servers().await?;
    let mut here = enter(first, "a").await;
    let mut there = enter(second, "a").await;
    for round in 0..3 {
        kill(&rooms).await;
        until("the workers have made themselves known", SOON, async || {
            rooms.count("a").await.is_ok_and(|count| count == 2)
        })
        .await;
        let text = format!("round {round}");
        assert_eq!(two.publish("a", text.clone()).await?, 2);
        assert_eq!(next(&mut here).await, text);
        assert_eq!(next(&mut there).await, text);
    }
    // And who joins afterwards, does.
    let mut late = enter(first, "a").await;
    assert_eq!(rooms.publish("a", Message::from("all")).await?, 3);
    for socket in [&mut late, &mut here, &mut there] {
        assert_eq!(next(socket).await, "all");
    }
    Ok(())
}

#[pulsar::test]
async fn rooms_that_panic_come_back_with_their_members() -> Result<()> {
    let rooms = Rooms::new().named("rooms").with(|params| params.intensity = None).spawn().await?;
    rooms_that_die(rooms, async |rooms| assert!(rooms.send(burst()).await.is_err())).await
}

#[pulsar::test]
async fn rooms_in_a_process_of_their_own_that_is_killed_come_back_with_their_members() -> Result<()> {
    let rooms = Rooms::new().named("rooms").on(Kind::Process).spawn().await?;
    rooms_that_die(rooms, async |rooms| {
        let pid = rooms.info().await.unwrap().actor.pid;
        assert!(proc::signal(pid, Signal::KILL));
        until("it is dead", SOON, async || rooms.info().await.is_ok_and(|info| info.actor.pid != pid)).await;
    })
    .await
}

#[pulsar::test]
async fn a_slow_socket_is_closed_and_holds_up_nobody() -> Result<()> {
    let rooms = Rooms::new().named("rooms").spawn().await?;
    let (_one, _two, first, second) = two_servers().await?;
    let mut slow = Raw::open(([127, 0, 0, 1], first).into(), "/a/close").await;
    let mut skips = Raw::open(([127, 0, 0, 1], first).into(), "/a/skip").await;
    for raw in [&mut slow, &mut skips] {
        assert_eq!(raw.next().await.unwrap().payload, b"joined");
    }
    let (mut same, mut other) = (enter(first, "a").await, enter(second, "a").await);
    // More than the system and the socket's own buffer hold.
    let text = "x".repeat(16 << 10);
    let mut slowest = Duration::ZERO;
    for _ in 0..1000 {
        let begun = Instant::now();
        rooms.publish("a", Message::text(text.clone())).await?;
        assert_eq!(next(&mut same).await.len(), text.len());
        assert_eq!(next(&mut other).await.len(), text.len());
        slowest = slowest.max(begun.elapsed());
    }
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    // The one is out at once; the other when it has read nothing for half a second.
    until("both are out", SOON, async || rooms.count("a").await.unwrap() == 2).await;
    // What they were sent before they were too slow is still there.
    assert_eq!(slow.next().await.unwrap().first, FIN | TEXT);
    assert_eq!(skips.next().await.unwrap().first, FIN | TEXT);
    Ok(())
}

#[pulsar::test]
async fn who_skips_hears_less_and_stays() -> Result<()> {
    let rooms = Rooms::new().named("rooms").spawn().await?;
    let (_one, _two, first, _) = two_servers().await?;
    let mut raw = Raw::open(([127, 0, 0, 1], first).into(), "/a/skip").await;
    assert_eq!(raw.next().await.unwrap().payload, b"joined");
    // At once, so that there is no time to read any: the socket's buffer holds 64 KiB.
    let text = "x".repeat(1000);
    for n in 0..5000 {
        rooms.publish("a", Message::text(format!("{n} {text}"))).tell().await?;
    }
    rooms.count("a").await?;
    let mut heard = 0;
    let mut last = 0;
    loop {
        let next = timeout(Duration::from_secs(2), raw.next()).await;
        let Ok(Some(frame)) = next else { break };
        let n: usize = String::from_utf8(frame.payload).unwrap().split(' ').next().unwrap().parse().unwrap();
        assert!(heard == 0 || n > last, "in order");
        (heard, last) = (heard + 1, n);
        if n == 4999 {
            break;
        }
    }
    assert!(heard > 0);
    rooms.publish("a", Message::text("after 1")).await?;
    assert_eq!(raw.next().await.unwrap().payload, b"after 1", "it is still a member");
    Ok(())
}

#[pulsar::test]
async fn rooms_that_are_not_there_are_an_error() -> Result<()> {
    let (one, _two, first, _) = two_servers().await?;
    assert!(one.publish("a", "x").await.is_err());
    let mut socket = ws::connect(format!("ws://127.0.0.1:{first}/a/close")).await.unwrap();
    // The handler gives up, and leaves.
    assert!(timeout(SOON, socket.recv()).await.unwrap().is_err());
    // And it is not too late.
    let _rooms = Rooms::new().named("rooms").spawn().await?;
    enter(first, "a").await;
    Ok(())
}
