//! What opens a WebSocket, and what does not.

use http_body_util::Empty;
use hyper_util::rt::{TokioExecutor, TokioIo};
use pulsar::ws::{self, ConnectError, Message, Options};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::raw::{ACCEPT, BINARY, FIN, Frame, KEY, Raw, TEXT, masked, request};
use crate::server::{echo, odd};

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|it| it.1)
}

#[pulsar::test]
async fn the_vector_of_the_rfc() {
    let mut raw = Raw::connect(echo(Options::new()).await).await;
    let head = raw.ask(&request("/", "Sec-WebSocket-Extensions: permessage-deflate\r\n")).await;
    assert!(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{head}");
    assert_eq!(header(&head, "sec-websocket-accept"), Some(ACCEPT));
    assert_eq!(header(&head, "upgrade"), Some("websocket"));
    assert_eq!(header(&head, "connection"), Some("upgrade"));
    assert_eq!(header(&head, "sec-websocket-protocol"), None);
    assert_eq!(header(&head, "sec-websocket-extensions"), None);
}

#[pulsar::test]
async fn what_is_wrong_is_refused_with_the_right_status() {
    let address = echo(Options::new()).await;
    let right = request("/", "");
    for (status, bad) in [
        (426, "GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_string()),
        (405, right.replace("GET", "POST")),
        (426, right.replace("Connection: Upgrade\r\n", "")),
        (426, right.replace("Upgrade: websocket", "Upgrade: h2c")),
        (426, right.replace("Version: 13", "Version: 8")),
        (400, right.replace("Sec-WebSocket-Version: 13\r\n", "")),
        (400, right.replace(&format!("Sec-WebSocket-Key: {KEY}\r\n"), "")),
        (400, right.replace(KEY, "dG9vIHNob3J0")),
        (400, right.replace(KEY, &format!("{KEY}\r\nSec-WebSocket-Key: {KEY}"))),
        (400, right.replace("HTTP/1.1", "HTTP/1.0")),
    ] {
        let head = Raw::connect(address).await.ask(&bad).await;
        assert!(head.starts_with(&format!("HTTP/1.{} {status} ", u8::from(!bad.contains("/1.0")))), "{bad}{head}");
        match status {
            426 => assert_eq!(header(&head, "sec-websocket-version"), Some("13"), "{head}"),
            405 => assert_eq!(header(&head, "allow"), Some("GET"), "{head}"),
            _ => {}
        }
    }
    // And it serves on.
    Raw::open(address, "/").await;
}

#[pulsar::test]
async fn a_handshake_in_pieces_with_a_frame_behind_it() {
    let address = echo(Options::new()).await;
    let mut raw = Raw::connect(address).await;
    let text = request("/", "");
    let (first, second) = text.split_at(text.len() / 2);
    raw.write(first.as_bytes()).await;
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    raw.write(&[second.as_bytes(), &masked(FIN | TEXT, b"at once")].concat()).await;
    assert!(raw.ask("").await.starts_with("HTTP/1.1 101 "));
    assert_eq!(raw.next().await, Some(Frame::whole(TEXT, "at once")));
}

#[pulsar::test]
async fn the_origin_of_a_page_is_compared() {
    let address = odd().await;
    for (origin, status) in
        [("", 101), ("Origin: http://test.example\r\n", 101), ("Origin: https://evil.example\r\n", 403)]
    {
        let head = Raw::connect(address).await.ask(&request("/same", origin)).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{origin}{head}");
    }
}

#[pulsar::test]
async fn a_subprotocol_is_agreed_on() {
    let address = echo(Options::new().protocols(["v2", "v1"])).await;
    let url = format!("ws://{address}/");
    let connect = |names: &[&str]| ws::connect(&url).options(Options::new().protocols(names.to_vec()));
    assert_eq!(connect(&["v1", "v2"]).await.unwrap().protocol(), Some("v2"));
    assert_eq!(ws::connect(&url).await.unwrap().protocol(), None);
    // The library's client takes it for a fault if it offers some and gets none.
    assert!(matches!(connect(&["v3"]).await, Err(ConnectError::Handshake(_))));
}

#[pulsar::test]
async fn a_client_is_told_why_it_is_not_connected() {
    let address = odd().await;
    let refused = ws::connect(format!("ws://{address}/same")).header("origin", "http://evil.example").await;
    assert!(matches!(refused, Err(ConnectError::Refused(403))), "{refused:?}");
    assert!(matches!(ws::connect(format!("ws://{address}/nowhere")).await, Err(ConnectError::Refused(404))));
    for url in ["http://a/", "ws:///", "", "ws://a:b/"] {
        assert!(matches!(ws::connect(url).await, Err(ConnectError::Url(_))), "{url}");
    }
    assert!(matches!(ws::connect("ws://a/").header("a b", "c").await, Err(ConnectError::Url(_) | ConnectError::Io(_))));
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", silent.local_addr().unwrap());
    let late = ws::connect(&url).deadline(std::time::Duration::from_millis(100)).await;
    assert!(matches!(late, Err(ConnectError::Timeout(_))), "{late:?}");
    drop(silent);
    assert!(matches!(ws::connect(&url).await, Err(ConnectError::Io(_))));
}

/// Extended CONNECT (RFC 8441), by a client of another library: one connection, two WebSockets.
#[pulsar::test]
async fn over_http_2() {
    let address = echo(Options::new()).await;
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut client, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let request = |protocol: &'static str, version: &str| {
        let request = hyper::Request::connect(format!("http://{address}/")).version(hyper::Version::HTTP_2);
        let request = request.header("sec-websocket-version", version);
        request.extension(hyper::ext::Protocol::from_static(protocol)).body(Empty::<bytes::Bytes>::new()).unwrap()
    };
    assert_eq!(client.send_request(request("websocket", "8")).await.unwrap().status(), 426);
    assert_eq!(client.send_request(request("connect-udp", "13")).await.unwrap().status(), 426);
    for round in 0..2_u8 {
        let response = client.send_request(request("websocket", "13")).await.unwrap();
        assert_eq!(response.status(), 200);
        let mut upgraded = TokioIo::new(hyper::upgrade::on(response).await.unwrap());
        upgraded.write_all(&masked(FIN | BINARY, &[round; 3])).await.unwrap();
        let mut frame = [0; 5];
        upgraded.read_exact(&mut frame).await.unwrap();
        assert_eq!(frame, [FIN | BINARY, 3, round, round, round]);
    }
}

#[pulsar::test]
async fn a_message_is_the_same_in_both_directions() {
    let mut socket = ws::connect(format!("ws://{}/a?b=c", echo(Options::new()).await)).await.unwrap();
    for message in
        [Message::text(""), Message::text("é".repeat(40_000)), Message::binary(vec![7; 1 << 20]), Message::from("x")]
    {
        socket.send(message.clone()).await.unwrap();
        assert_eq!(socket.recv().await.unwrap(), message);
    }
}
