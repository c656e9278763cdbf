//! What is bounded: sizes, times, and what may wait.

use std::time::{Duration, Instant};

use pulsar::ws::{self, By, CloseCode, Options, TrySendError};
use pulsar_tests::{SOON, until};
use tokio::time::timeout;

use crate::raw::{CLOSE, CONTINUATION, FIN, Frame, PING, PONG, Raw, TEXT, close, masked};
use crate::server::{ENDS, echo, odd};

#[pulsar::test]
async fn what_is_too_large_is_closed_with_1009() {
    let address = echo(Options::new().max_message(1000).max_frame(600)).await;
    let mut raw = Raw::open(address, "/").await;
    raw.write(&[masked(TEXT, &[b'a'; 600]), masked(FIN | CONTINUATION, &[b'a'; 400])].concat()).await;
    assert_eq!(raw.next().await, Some(Frame::whole(TEXT, [b'a'; 1000])));
    raw.write(&[masked(TEXT, &[b'a'; 600]), masked(FIN | CONTINUATION, &[b'a'; 401])].concat()).await;
    raw.closed_with(1009).await;

    let mut raw = Raw::open(address, "/").await;
    raw.write(&masked(FIN | TEXT, &[b'a'; 601])).await;
    raw.closed_with(1009).await;

    // Of a frame that claims more than there is, only the head has to come.
    let mut raw = Raw::open(address, "/").await;
    raw.write(&[&[FIN | TEXT, 0x80 | 127][..], &(1_u64 << 62).to_be_bytes(), &[0; 4]].concat()).await;
    raw.closed_with(1009).await;
}

#[pulsar::test]
async fn a_peer_that_is_silent_is_pinged_and_then_closed() {
    let time = Duration::from_millis(150);
    let address = echo(Options::new().ping_every(time).pong_within(Duration::from_secs(1))).await;
    let mut raw = Raw::open(address, "/").await;
    for _ in 0..3 {
        let ping = raw.next().await.unwrap();
        assert_eq!(ping.first, FIN | PING);
        raw.send(PONG, &ping.payload).await;
    }
    let begun = Instant::now();
    assert_eq!(raw.next().await, Some(Frame::whole(PING, "")));
    // Anything is an answer.
    raw.send(TEXT, "here").await;
    assert_eq!(raw.next().await, Some(Frame::whole(TEXT, "here")));
    assert_eq!(raw.next().await, Some(Frame::whole(PING, "")));
    let frame = raw.next().await.unwrap();
    assert_eq!(frame.code(), Some(1001), "{frame:?}");
    assert!(begun.elapsed() >= Duration::from_secs(1));
}

#[pulsar::test]
async fn a_session_without_messages_is_closed_in_the_end() {
    let options = Options::new().idle_timeout(Duration::from_millis(300)).close_timeout(Duration::from_millis(200));
    let mut raw = Raw::open(echo(options).await, "/").await;
    let begun = Instant::now();
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        raw.send(TEXT, "x").await;
        assert_eq!(raw.next().await, Some(Frame::whole(TEXT, "x")));
    }
    raw.send(PING, "no message").await;
    assert_eq!(raw.next().await, Some(Frame::whole(PONG, "no message")));
    assert_eq!(raw.next().await.unwrap().code(), Some(1001));
    assert!(begun.elapsed() >= Duration::from_millis(700));
    // Who does not answer the close is dropped.
    raw.ended().await;
}

#[pulsar::test]
async fn a_peer_that_does_not_read_is_dropped() {
    let address = odd().await;
    let raw = Raw::open(address, "/flood").await;
    let begun = Instant::now();
    until("the flood has ended", SOON, async || !ENDS.lock().unwrap().is_empty()).await;
    assert!(begun.elapsed() >= Duration::from_millis(500));
    assert_eq!(*ENDS.lock().unwrap(), ["the peer has not read for 500ms"]);
    drop(raw);
}

#[pulsar::test]
async fn who_answers_pings_of_one_that_does_not_read_keeps_no_heap_of_them() {
    let address = echo(Options::new().write_timeout(Duration::from_secs(600))).await;
    let mut raw = Raw::open(address, "/").await;
    let ping = masked(FIN | PING, &[7; 125]).repeat(1000);
    let before = resident();
    // Until the server does not read any more, and both directions are full: 100 MB, or what the buffers of the system hold.
    let mut sent = 0;
    while sent < 800 {
        use tokio::io::AsyncWriteExt;
        match timeout(Duration::from_millis(500), raw.stream.write_all(&ping)).await {
            Ok(written) => written.unwrap(),
            Err(_) => break,
        }
        sent += 1;
    }
    assert!(sent < 800, "it reads on");
    let grown = resident().saturating_sub(before);
    assert!(grown < 8 << 20, "{grown} bytes more");
}

/// Of this process, which is the server too.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    status.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[pulsar::test]
async fn a_handler_that_does_not_read_stops_its_peer_and_loses_nothing() {
    let mut socket = ws::connect(format!("ws://{}/slow", odd().await)).await.unwrap();
    let mut sent = 0;
    // More than all the buffers on the way hold.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(400) {
        match socket.sender().try_send("x".repeat(1000)) {
            Ok(()) => sent += 1,
            Err(TrySendError::Full(_)) => tokio::time::sleep(Duration::from_millis(5)).await,
            Err(TrySendError::Closed(_)) => panic!("closed"),
        }
        if sent % 100 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let mut counted = None;
    socket.send("count").await.unwrap();
    while counted.is_none() {
        counted = timeout(SOON, socket.recv()).await.unwrap().unwrap().as_text().map(str::to_string);
    }
    assert_eq!(counted, Some((sent + 1).to_string()));
}

#[pulsar::test]
async fn a_message_larger_than_the_buffers_goes_alone() {
    let options = || Options::new().read_buffer(1000).write_buffer(1000).max_message(1 << 20);
    let mut socket = ws::connect(format!("ws://{}/", echo(options()).await)).options(options()).await.unwrap();
    for _ in 0..3 {
        socket.send(vec![1; 1 << 20]).await.unwrap();
        assert_eq!(timeout(SOON, socket.recv()).await.unwrap().unwrap().len(), 1 << 20);
    }
}

#[pulsar::test]
async fn a_client_has_limits_too() {
    let address = echo(Options::new()).await;
    let mut socket = ws::connect(format!("ws://{address}/")).options(Options::new().max_message(10)).await.unwrap();
    socket.send("eleven bytes").await.unwrap();
    let closed = timeout(SOON, socket.recv()).await.unwrap().unwrap_err();
    assert_eq!((closed.code, closed.by), (CloseCode::TOO_BIG, By::Us));
}

#[pulsar::test]
async fn a_close_that_is_not_answered_ends_in_time() {
    let address =
        crate::server::serve(axum::Router::new().fallback(axum::routing::any(async |upgrade: ws::Upgrade| {
            let options = Options::new().close_timeout(Duration::from_millis(200));
            upgrade.options(options).on_upgrade(async |socket| {
                socket.close(CloseCode::NORMAL, "").await;
            })
        })))
        .await;
    let mut raw = Raw::open(address, "/").await;
    assert_eq!(raw.next().await, Some(Frame::whole(CLOSE, close(1000, ""))));
    // What comes meanwhile is not answered any more, and does not keep it.
    raw.send(TEXT, "late").await;
    raw.ended().await;
}
