//! WebSockets of a real application: its own HTTP server, TLS, the end of its workers.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pulsar::ws::{self, By, CloseCode, ConnectError, Message};
use pulsar_tests::proc::Signal;
use pulsar_tests::{SOON, served::Served};
use tokio::time::timeout;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

use crate::raw::{FIN, Frame, PING, PONG, Raw, TEXT, masked};

fn servant(args: &[&str]) -> Served {
    Served::start(Command::new(env!("CARGO_BIN_EXE_servant")).args(args))
}

/// What the server looks for in the heads of requests, it does not look for in frames: each of them has other bytes.
#[pulsar::test]
async fn any_bytes_go_through_the_server() {
    let served = servant(&[]);
    let mut socket = ws::connect(format!("ws://{}/socket", served.ready("http://"))).await.unwrap();
    for n in 0..2000_u32 {
        let message = Message::from(format!("{n}\r\n \n: GET / HTTP/1.1\n\r").repeat((n % 7) as usize).into_bytes());
        socket.send(message.clone()).await.unwrap();
        assert_eq!(timeout(SOON, socket.recv()).await.unwrap().unwrap(), message);
    }
}

/// The times of HTTP are not those of a session.
#[pulsar::test]
async fn a_silent_session_outlives_the_times_of_http() {
    let served = servant(&["--keep-alive", "1s", "--header-timeout", "1s", "--body-timeout", "1s"]);
    let mut raw = Raw::open(served.ready("http://").parse().unwrap(), "/socket").await;
    // Half a frame, and nothing for longer than any of them.
    let frame = masked(FIN | TEXT, b"late");
    raw.write(&frame[..5]).await;
    raw.silent(Duration::from_millis(3500)).await;
    raw.write(&frame[5..]).await;
    assert_eq!(raw.next().await, Some(Frame::whole(TEXT, "late")));
    raw.send(PING, "still").await;
    assert_eq!(raw.next().await, Some(Frame::whole(PONG, "still")));
}

#[pulsar::test]
async fn a_worker_that_ends_closes_with_1001_and_waits_for_the_answer() {
    let served = servant(&["--workers", "2"]);
    let address = served.ready("http://");
    let mut sockets = Vec::new();
    for _ in 0..20 {
        sockets.push(ws::connect(format!("ws://{address}/socket")).await.unwrap());
    }
    // One that does not answer the close has five seconds, and no more.
    let mut deaf = Raw::open(address.parse().unwrap(), "/socket").await;
    let begun = Instant::now();
    served.signal(Signal::TERM);
    for socket in &mut sockets {
        let closed = timeout(SOON, socket.recv()).await.expect("in time").unwrap_err();
        assert_eq!((closed.code, closed.by), (CloseCode::AWAY, By::Peer), "{closed}");
    }
    assert_eq!(deaf.next().await.and_then(|frame| frame.code()), Some(1001));
    deaf.ended().await;
    assert!(begun.elapsed() >= Duration::from_secs(4), "it was waited for");
    let mut served = served;
    let (status, log) = served.wait();
    assert!(status.success(), "{log}");
}

#[pulsar::test]
async fn over_tls() {
    let dir = tempfile::tempdir().unwrap();
    let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    let made = rcgen::generate_simple_self_signed(["localhost".to_string()]).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    std::fs::write(&cert, made.cert.pem()).unwrap();
    let served = servant(&["--cert-file", cert.to_str().unwrap(), "--key-file", key.to_str().unwrap()]);
    let address = served.ready("https://");
    let url = format!("wss://localhost:{}/socket", address.rsplit(':').next().unwrap());

    let config = |trusts: bool| {
        let mut roots = RootCertStore::empty();
        if trusts {
            roots.add(made.cert.der().clone()).unwrap();
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots).with_no_client_auth()
    };
    let mut socket = ws::connect(&url).tls(config(true)).await.unwrap();
    for message in [Message::text("sealed"), Message::binary(vec![7; 300_000])] {
        socket.send(message.clone()).await.unwrap();
        assert_eq!(timeout(SOON, socket.recv()).await.unwrap().unwrap(), message);
    }
    assert_eq!(socket.close(CloseCode::NORMAL, "").await.code, CloseCode::NORMAL);
    assert!(matches!(ws::connect(&url).tls(config(false)).await, Err(ConnectError::Io(_))), "a stranger's certificate");
    assert!(matches!(ws::connect(&url).await, Err(ConnectError::Url(_))), "nobody is trusted by himself");
}
