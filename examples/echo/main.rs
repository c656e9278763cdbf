//! Sends back whatever comes: over TCP and a Unix socket, and over UDP, each by worker processes of its own.
//!
//! `cargo run --release --bin echo -- --bind 127.0.0.1:7007,unix:/tmp/echo.sock --udp-bind 127.0.0.1:7007`

use pulsar::Apps;
use pulsar::socket::{AsyncReadExt, AsyncWriteExt, Datagram, Stream};

/// Sends back whatever comes, over TCP, Unix sockets and UDP.
#[pulsar::socket]
async fn echo(mut stream: Stream) -> std::io::Result<()> {
    let mut bytes = vec![0; 16 << 10];
    loop {
        match stream.read(&mut bytes).await? {
            0 => return Ok(()),
            count => stream.write_all(&bytes[..count]).await?,
        }
    }
}

#[pulsar::udp]
async fn echo_udp(datagram: Datagram) -> std::io::Result<()> {
    datagram.reply(datagram.bytes()).await
}

#[pulsar::main]
async fn main() -> pulsar::Result<()> {
    let udp = echo_udp().named("echo-udp").bind("127.0.0.1:7007");
    Apps::new().app(echo().bind("127.0.0.1:7007")).prefixed("udp", udp).run().await
}
