//! What an open session does, and how it ends.

use std::time::Duration;

use pulsar::ws::{self, By, CloseCode, Closed, Options, TrySendError};
use pulsar_tests::SOON;
use tokio::time::timeout;

use crate::raw::{CLOSE, CONTINUATION, FIN, Frame, PING, PONG, Raw, TEXT, close, masked, unmasked};
use crate::server::{echo, odd};

#[pulsar::test]
async fn frames_may_come_byte_by_byte_and_many_at_once() {
    let mut raw = Raw::open(echo(Options::new()).await, "/").await;
    for byte in masked(FIN | TEXT, b"slowly") {
        raw.write(&[byte]).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(raw.next().await, Some(Frame::whole(TEXT, "slowly")));
    let many: Vec<_> = (0..500).flat_map(|n| masked(FIN | TEXT, n.to_string().as_bytes())).collect();
    raw.write(&many).await;
    for n in 0..500 {
        assert_eq!(raw.next().await, Some(Frame::whole(TEXT, n.to_string())));
    }
}

#[pulsar::test]
async fn fragments_are_one_message_and_pings_between_them_are_answered() {
    let mut raw = Raw::open(echo(Options::new()).await, "/").await;
    raw.write(&masked(TEXT, b"one ")).await;
    raw.send(PING, "between").await;
    raw.write(&masked(CONTINUATION, b"two ")).await;
    assert_eq!(raw.next().await, Some(Frame::whole(PONG, "between")));
    raw.write(&masked(FIN | CONTINUATION, b"three")).await;
    assert_eq!(raw.next().await, Some(Frame::whole(TEXT, "one two three")));
}

#[pulsar::test]
async fn a_code_point_may_be_split_between_fragments() {
    let mut raw = Raw::open(echo(Options::new()).await, "/").await;
    let [first, second] = [&"é".as_bytes()[..1], &"é".as_bytes()[1..]];
    raw.write(&masked(TEXT, first)).await;
    raw.write(&masked(FIN | CONTINUATION, second)).await;
    assert_eq!(raw.next().await, Some(Frame::whole(TEXT, "é")));
}

#[pulsar::test]
async fn what_breaks_the_protocol_is_told_why_and_closed() {
    let address = echo(Options::new()).await;
    for (code, bytes) in [
        (1002, unmasked(FIN | TEXT, b"no mask")),
        (1002, masked(FIN | 3, b"")),
        (1002, masked(FIN | 11, b"")),
        (1002, masked(FIN | 0x40 | TEXT, b"reserved")),
        (1002, masked(PING, b"in pieces")),
        (1002, masked(FIN | PING, &[0; 126])),
        (1002, masked(FIN | CONTINUATION, b"of nothing")),
        (1002, [masked(TEXT, b"a"), masked(FIN | TEXT, b"b")].concat()),
        (1002, masked(FIN | CLOSE, &[3])),
        (1002, masked(FIN | CLOSE, &close(999, ""))),
        (1002, masked(FIN | CLOSE, &close(1005, ""))),
        (1007, masked(FIN | TEXT, b"\xff")),
        (1007, masked(FIN | TEXT, b"\xed\xa0\x80")),
        (1007, [masked(TEXT, b"\xc3"), masked(FIN | CONTINUATION, b"")].concat()),
        (1007, masked(FIN | CLOSE, b"\x03\xe8\xff")),
    ] {
        let mut raw = Raw::open(address, "/").await;
        // More behind it than fits into the buffers that were read: the close arrives all the same.
        raw.write(&[bytes, vec![0; 100_000]].concat()).await;
        raw.closed_with(code).await;
    }
}

#[pulsar::test]
async fn a_close_is_answered_with_its_code() {
    let address = echo(Options::new()).await;
    for (payload, answer) in
        [(vec![], vec![]), (close(1000, "bye"), close(1000, "bye")), (close(4999, ""), close(4999, ""))]
    {
        let mut raw = Raw::open(address, "/").await;
        raw.send(CLOSE, payload).await;
        assert_eq!(raw.next().await, Some(Frame::whole(CLOSE, answer)));
        raw.ended().await;
    }
}

#[pulsar::test]
async fn a_handler_that_leaves_closes() {
    let address = odd().await;
    for (path, code) in [("/leave", 1000), ("/close", 4321), ("/panic", 1011)] {
        let mut raw = Raw::open(address, path).await;
        match path {
            "/close" => assert_eq!(raw.next().await, Some(Frame::whole(TEXT, "last"))),
            "/panic" => raw.send(TEXT, "this").await,
            _ => {}
        }
        let frame = raw.next().await.unwrap();
        assert_eq!(frame.code(), Some(code));
        if path == "/close" {
            assert_eq!(frame.payload[2..], *"é".repeat(61).as_bytes(), "as much as a frame has room for");
        }
        // Still open, until it is answered.
        raw.silent(Duration::from_millis(50)).await;
        raw.send(CLOSE, &frame.payload).await;
        raw.ended().await;
    }
}

#[pulsar::test]
async fn both_ends_know_how_it_ended() {
    let address = odd().await;
    let mut socket = ws::connect(format!("ws://{address}/close")).await.unwrap();
    let sender = socket.sender();
    assert_eq!(socket.recv().await.unwrap().as_text(), Some("last"));
    let closed = timeout(SOON, socket.recv()).await.unwrap().unwrap_err();
    assert_eq!((closed.code, closed.by), (4321.into(), By::Peer));
    assert_eq!(socket.recv().await.unwrap_err(), closed, "and says it again");
    assert_eq!(sender.send("x").await.unwrap_err().closed, closed);
    assert!(matches!(sender.try_send("x"), Err(TrySendError::Closed(_))));
    assert!(sender.is_closed());

    let socket = ws::connect(format!("ws://{}/", echo(Options::new()).await)).await.unwrap();
    let Closed { code, by, .. } = timeout(SOON, socket.close(CloseCode::from(3000), "enough")).await.unwrap();
    assert_eq!((code, by), (3000.into(), By::Us));
}

#[pulsar::test]
async fn a_connection_that_is_lost_is_said_to_be() {
    let (send, mut ends) = tokio::sync::mpsc::unbounded_channel();
    let router = axum::Router::new().fallback(axum::routing::any(move |upgrade: ws::Upgrade| {
        let send = send.clone();
        async move {
            upgrade.on_upgrade(async move |mut socket| {
                let _ = send.send(socket.recv().await.unwrap_err());
            })
        }
    }));
    let address = crate::server::serve(router).await;
    drop(Raw::open(address, "/").await);
    let closed = timeout(SOON, ends.recv()).await.unwrap().unwrap();
    assert_eq!((closed.code, closed.by), (CloseCode::ABNORMAL, By::Nobody));
}
