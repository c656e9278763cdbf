//! Sockets of each sort, what is spoken over them, and what is done about those that are quiet.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use pulsar::socket::{AsyncReadExt, AsyncWriteExt, Client};
use pulsar_tests::proc::Signal;
use pulsar_tests::served::{Served, echoed};
use pulsar_tests::{SOON, until_blocking};

use super::servant;

fn echo(args: &[&str]) -> (Served, String) {
    let served = Served::start(servant(args).env("SERVANT", "tcp"));
    let address = served.ready("tcp://");
    (served, address)
}

#[test]
fn tcp_and_unix_at_several_places() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("echo.sock");
    let binds = format!("127.0.0.1:0,127.0.0.1:0,unix:{}", path.display());
    let (served, _) = echo(&["-w2", "-b", &binds]);
    let line = served.says(" serves tcp://");
    let ports: Vec<_> = line.split("tcp://").skip(1).map(|rest| rest.split([',', ' ']).next().unwrap()).collect();
    assert_eq!(ports.len(), 2, "{line}");
    let large: Vec<u8> = (0..8192_u32).map(|n| n as u8).collect();
    for port in ports {
        let mut stream = TcpStream::connect(port).unwrap();
        assert_eq!(echoed(&mut stream, b"ping"), b"ping");
        assert_eq!(echoed(&mut stream, &large), large);
    }
    let mut stream = UnixStream::connect(&path).unwrap();
    assert_eq!(echoed(&mut stream, b"ping"), b"ping");
    drop(stream);
    assert!(served.stop().0.success());
    assert!(!path.exists(), "the socket's file stays behind");
}

#[test]
fn a_socket_file_that_nobody_serves_is_replaced_one_that_is_served_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("echo.sock");
    let bind = format!("unix:{}", path.display());
    let (served, _) = {
        let served = Served::start(servant(&["-b", &bind]).env("SERVANT", "tcp"));
        served.says(" serves unix:");
        (served, ())
    };
    let mut second = Served::start(servant(&["-b", &bind]).env("SERVANT", "tcp"));
    let (status, said) = second.wait();
    assert_eq!(status.code(), Some(3), "{said}");
    assert!(said.contains("somebody else listens there already"), "{said}");
    served.signal(Signal::KILL);
    drop(served);
    assert!(path.exists());
    let third = Served::start(servant(&["-b", &bind]).env("SERVANT", "tcp"));
    third.says(" serves unix:");
    assert_eq!(echoed(&mut UnixStream::connect(&path).unwrap(), b"ping"), b"ping");
}

#[test]
fn datagrams() {
    let served = Served::start(servant(&["-w2"]).env("SERVANT", "udp"));
    let address = served.ready("udp://");
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    socket.connect(address).unwrap();
    for size in [1, 100, 1400, 60_000] {
        let sent = vec![7; size];
        socket.send(&sent).unwrap();
        let mut back = vec![0; 65_535];
        let count = socket.recv(&mut back).unwrap();
        assert_eq!(&back[..count], sent);
    }
    assert!(served.stop().0.success());
}

#[test]
fn a_quiet_connection_is_closed_a_busy_one_is_not() {
    let (_served, address) = echo(&["--keep-alive", "1s"]);
    let mut quiet = TcpStream::connect(&address).unwrap();
    let mut busy = TcpStream::connect(&address).unwrap();
    quiet.set_read_timeout(Some(SOON)).unwrap();
    let began = Instant::now();
    let closed = std::thread::spawn(move || quiet.read(&mut [0; 1]).map(|count| (count, began.elapsed())));
    while !closed.is_finished() {
        assert_eq!(echoed(&mut busy, b"ping"), b"ping");
        std::thread::sleep(Duration::from_millis(100));
    }
    let (count, after) = closed.join().unwrap().unwrap();
    assert!(count == 0 && after >= Duration::from_millis(900), "{after:?}");
    assert_eq!(echoed(&mut busy, b"ping"), b"ping");
}

#[test]
fn a_panic_is_one_connections_own() {
    let (served, address) = echo(&["-w1"]);
    let before = served.workers("echo");
    let mut other = TcpStream::connect(&address).unwrap();
    assert_eq!(echoed(&mut other, b"ping"), b"ping");
    let mut stream = TcpStream::connect(&address).unwrap();
    stream.write_all(b"panic").unwrap();
    assert_eq!(stream.read(&mut [0; 1]).unwrap_or(0), 0);
    assert_eq!(echoed(&mut other, b"ping"), b"ping");
    assert_eq!(served.workers("echo"), before);
}

#[test]
fn a_stream_that_is_quiet_ends_when_its_worker_does() {
    let (mut served, address) = echo(&["-w1"]);
    let mut stream = TcpStream::connect(&address).unwrap();
    assert_eq!(echoed(&mut stream, b"ping"), b"ping");
    served.signal(Signal::TERM);
    assert_eq!(echoed(&mut stream, b"on its way"), b"on its way");
    assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0);
    let (status, log) = served.wait();
    assert!(status.success(), "{log}");
    assert!(log.contains("hook: worker_stopping"), "{log}");
}

#[test]
fn connections_beyond_the_limit_wait_their_turn() {
    let (_served, address) = echo(&["-w1", "--max-connections", "2"]);
    let mut first = TcpStream::connect(&address).unwrap();
    let mut second = TcpStream::connect(&address).unwrap();
    assert_eq!((echoed(&mut first, b"1"), echoed(&mut second, b"2")), (b"1".to_vec(), b"2".to_vec()));
    let mut third = TcpStream::connect(&address).unwrap();
    third.write_all(b"3").unwrap();
    third.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(third.read(&mut [0; 1]).is_err(), "a third is served beside two");
    drop(first);
    third.set_read_timeout(Some(SOON)).unwrap();
    let mut answer = [0; 1];
    third.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"3");
}

/// A server that has no descriptor left goes on when there are some again.
#[test]
fn running_out_of_descriptors_is_survived() {
    let (served, address) = echo(&["-w1"]);
    let worker = served.workers("echo")[0];
    let limit = std::process::Command::new("prlimit").args(["--nofile=40:40", "--pid", &worker.to_string()]).status();
    if !limit.is_ok_and(|status| status.success()) {
        println!("skipped: there is no prlimit here");
        return;
    }
    let mut many: Vec<_> = (0..80).map(|_| TcpStream::connect(&address).unwrap()).collect();
    until_blocking("it says so", SOON, || served.log().contains("cannot accept"));
    many.truncate(5);
    let mut stream = TcpStream::connect(&address).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    assert_eq!(echoed(&mut stream, b"ping"), b"ping");
    assert_eq!(served.workers("echo"), [worker]);
}

#[pulsar::test]
async fn a_pool_of_connections_keeps_and_replaces() -> pulsar::Result<()> {
    let (served, address) = echo(&["-w1", "--keep-alive", "1s"]);
    let client = Client::with(address.parse().map_err(pulsar::Error::msg)?, 2, Duration::from_secs(10));
    let ping = async |client: &Client| -> std::io::Result<()> {
        let mut connection = client.connect().await?;
        connection.write_all(b"ping").await?;
        let mut answer = [0; 4];
        connection.read_exact(&mut answer).await?;
        connection.keep();
        Ok(())
    };
    for _ in 0..10 {
        ping(&client).await?;
    }
    assert_eq!((client.made(), client.idle(), client.in_use()), (1, 1, 0));
    let both = futures_util::future::join_all((0..10).map(|_| ping(&client))).await;
    assert!(both.iter().all(Result::is_ok), "{both:?}");
    assert_eq!((client.made(), client.idle()), (2, 2));
    // The server closes what is quiet: that is not handed out again.
    tokio::time::sleep(Duration::from_secs(3)).await;
    ping(&client).await?;
    assert_eq!(client.made(), 3);
    drop(served);
    // Its worker may outlive it by a moment.
    pulsar_tests::until("nobody is there", SOON, async || client.connect().await.is_err()).await;
    Ok(())
}

/// Who serves at a path that somebody else has taken over since leaves the other's file alone.
#[test]
fn the_socket_file_of_another_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("echo.sock");
    let bind = format!("unix:{}", path.display());
    let first = Served::start(servant(&["-b", &bind]).env("SERVANT", "tcp"));
    first.says(" serves unix:");
    std::fs::remove_file(&path).unwrap();
    let second = Served::start(servant(&["-b", &bind]).env("SERVANT", "tcp"));
    second.says(" serves unix:");
    assert!(first.stop().0.success());
    assert_eq!(echoed(&mut UnixStream::connect(&path).unwrap(), b"ping"), b"ping");
    assert!(second.stop().0.success());
    assert!(!path.exists());
}
