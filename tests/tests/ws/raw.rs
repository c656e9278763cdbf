//! A client that writes and reads frames byte by byte, right or wrong, so that nothing of the library under test judges itself.

use std::net::SocketAddr;
use std::time::Duration;

use pulsar_tests::SOON;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// The key of RFC 6455, section 1.3, and what answers it.
pub(crate) const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
pub(crate) const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

pub(crate) const CONTINUATION: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

/// The bit of the last frame of a message.
pub(crate) const FIN: u8 = 0x80;

/// A frame as it came.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Frame {
    pub(crate) first: u8,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    /// A whole message, or a control frame.
    pub(crate) fn whole(opcode: u8, payload: impl AsRef<[u8]>) -> Self {
        Self { first: FIN | opcode, payload: payload.as_ref().to_vec() }
    }

    /// The code of a close.
    pub(crate) fn code(&self) -> Option<u16> {
        let [high, low, ..] = self.payload[..] else { return None };
        (self.first == FIN | CLOSE).then_some(u16::from_be_bytes([high, low]))
    }
}

/// A frame as a client writes it: masked, its length in the shortest form.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x12, 0x34, 0x56, 0x78];
    let mut bytes = header(first, payload.len(), 0x80);
    bytes.extend(mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// A frame as a server writes it.
pub(crate) fn unmasked(first: u8, payload: &[u8]) -> Vec<u8> {
    [header(first, payload.len(), 0), payload.to_vec()].concat()
}

fn header(first: u8, length: usize, mask: u8) -> Vec<u8> {
    let mut bytes = vec![first];
    match length {
        0..=125 => bytes.push(mask | length as u8),
        126..=0xffff => {
            bytes.push(mask | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        _ => {
            bytes.push(mask | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes
}

/// The payload of a close frame.
pub(crate) fn close(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes()[..], reason.as_bytes()].concat()
}

/// A connection.
pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
}

impl Raw {
    /// One without a handshake.
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream }
    }

    /// One that is open.
    pub(crate) async fn open(address: SocketAddr, path: &str) -> Self {
        let mut raw = Self::connect(address).await;
        let head = raw.ask(&request(path, "")).await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        raw
    }

    /// Sends a request and reads the head of the response.
    pub(crate) async fn ask(&mut self, request: &str) -> String {
        self.write(request.as_bytes()).await;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(timeout(SOON, self.stream.read_u8()).await.expect("a response in time").unwrap());
        }
        String::from_utf8(head).unwrap()
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Writes a whole message, or a control frame.
    pub(crate) async fn send(&mut self, opcode: u8, payload: impl AsRef<[u8]>) {
        self.write(&masked(FIN | opcode, payload.as_ref())).await;
    }

    /// The next frame; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        timeout(SOON, self.read()).await.expect("a frame in time")
    }

    async fn read(&mut self) -> Option<Frame> {
        let first = self.stream.read_u8().await.ok()?;
        let second = self.stream.read_u8().await.ok()?;
        assert_eq!(second & 0x80, 0, "a server masks nothing");
        let length = match second {
            126 => u64::from(self.stream.read_u16().await.ok()?),
            127 => self.stream.read_u64().await.ok()?,
            length => u64::from(length),
        };
        let mut payload = vec![0; length as usize];
        self.stream.read_exact(&mut payload).await.ok()?;
        Some(Frame { first, payload })
    }

    /// Nothing comes for a while.
    pub(crate) async fn silent(&mut self, time: Duration) {
        assert_eq!(timeout(time, self.read()).await.ok(), None, "nothing was to come");
    }

    /// The next frame is a close with this code, and then the connection ends.
    #[track_caller]
    pub(crate) fn closed_with(&mut self, code: u16) -> impl Future<Output = String> {
        let here = std::panic::Location::caller();
        async move {
            let frame = self.next().await;
            let Some(frame) = frame.filter(|frame| frame.code() == Some(code)) else {
                panic!("at {here}: no close with {code}");
            };
            self.ended().await;
            String::from_utf8(frame.payload[2..].to_vec()).unwrap()
        }
    }

    /// The connection ends, and nothing comes before.
    pub(crate) async fn ended(&mut self) {
        assert_eq!(self.next().await, None);
    }
}

/// A handshake, with more headers.
pub(crate) fn request(path: &str, more: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: test.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n{more}\r\n"
    )
}
