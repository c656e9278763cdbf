//! `echo`: everything comes back, over each sort of socket.

use std::net::{TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::Duration;

use pulsar::socket::{AsyncReadExt, AsyncWriteExt, Client};
use pulsar_tests::proc::{Signal, signal};
use pulsar_tests::served::{Served, echoed};
use pulsar_tests::{SOON, until_blocking};

fn echo(args: &[&str]) -> Served {
    Served::start(Command::new(env!("CARGO_BIN_EXE_echo")).args(args))
}

#[test]
fn over_tcp_unix_and_udp() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("echo.sock");
    let bind = format!("127.0.0.1:0,unix:{}", path.display());
    let served = echo(&["--bind", &bind, "--udp-bind", "127.0.0.1:0", "-w2"]);
    let (tcp, udp) = (served.ready("tcp://"), served.ready("udp://"));
    let large: Vec<u8> = (0..8192_u32).map(|n| n as u8).collect();
    assert_eq!(echoed(&mut TcpStream::connect(tcp).unwrap(), &large), large);
    assert_eq!(echoed(&mut UnixStream::connect(&path).unwrap(), &large), large);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    socket.send_to(&large, udp).unwrap();
    let mut back = vec![0; 65_535];
    let (count, _) = socket.recv_from(&mut back).unwrap();
    assert_eq!(&back[..count], large);
    let (status, log) = served.stop();
    assert!(status.success() && !path.exists(), "{log}");
}

/// What a client's pool does: one connection for one after the other, two for two at once, a dropped one replaced.
#[pulsar::test]
async fn a_pooled_client() -> pulsar::Result<()> {
    let served = echo(&["--bind", "127.0.0.1:0", "--udp-bind", "127.0.0.1:0"]);
    let client = Client::with(served.ready("tcp://").parse().map_err(pulsar::Error::msg)?, 4, Duration::from_secs(10));
    let ping = async || -> std::io::Result<()> {
        let mut connection = client.connect().await?;
        connection.write_all(b"ping").await?;
        let mut answer = [0; 4];
        connection.read_exact(&mut answer).await?;
        assert_eq!(&answer, b"ping");
        connection.keep();
        Ok(())
    };
    ping().await?;
    ping().await?;
    assert_eq!((client.made(), client.idle()), (1, 1));
    for outcome in futures_util::future::join_all((0..20).map(|_| ping())).await {
        outcome?;
    }
    assert_eq!((client.made(), client.in_use()), (4, 0));
    // The worker dies: its connections are not used again.
    let worker = served.workers("echo")[0];
    assert!(signal(worker, Signal::KILL));
    until_blocking("there is another", SOON, || served.workers("echo").first().is_some_and(|&pid| pid != worker));
    ping().await?;
    assert_eq!((client.made(), client.idle()), (5, 1));
    Ok(())
}
