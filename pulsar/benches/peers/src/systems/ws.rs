//! WebSocket frames written by hand, one a message: what a careful program does that wants many threads to send. A channel to a task,
//! which takes all that there is, makes frames of it and writes them at once; answers are found by number.

use std::collections::HashMap;
use std::os::unix::net::UnixStream as StdStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};

use crate::child::{self, Other};
use crate::job::{Figure, Job, Shape};
use crate::loops;
use crate::measure::{self, Ask, BULK, FRAME, Tell};

/// Kind and number of the question, before the payload.
const HEADER: usize = 1 + 8;
const TELL: u8 = 0;
const ASK: u8 = 1;
const SUM: u8 = 2;

const MAILBOX: usize = 1024;
/// What one write takes.
const BATCH: usize = 256 << 10;

pub fn run(job: Job) -> Option<Figure> {
    let other = Other::start("ws", job.place.there()).ok()?;
    loops::on_loop(async {
        let link = Link::begin(&other);
        Some(match job.shape {
            Shape::FarAsk => measure::asks(&link, job.count, true).await,
            Shape::FarInFlight => measure::in_flight(&link, job.count).await,
            Shape::FarTell => measure::tells(link, job.count).await,
            Shape::FarBulk => measure::tells(Bulk(link, Bytes::from(vec![7; BULK])), job.count).await,
            _ => return None,
        })
    })
}

struct Message {
    kind: u8,
    number: u64,
    payload: Payload,
}

enum Payload {
    Short([u8; FRAME]),
    Long(Bytes),
}

impl Payload {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Short(frame) => frame,
            Self::Long(bytes) => bytes,
        }
    }
}

type Asked = Arc<Mutex<HashMap<u64, oneshot::Sender<u64>>>>;

#[derive(Clone)]
struct Link {
    queue: mpsc::Sender<Message>,
    asked: Asked,
    number: Arc<AtomicU64>,
}

impl Link {
    fn begin(other: &Other) -> Self {
        let (reader, writer) = other.stream().into_split();
        let (queue, queued) = mpsc::channel(MAILBOX);
        let link = Self { queue, asked: Asked::default(), number: Arc::default() };
        tokio::spawn(write(queued, writer));
        tokio::spawn(answers(link.asked.clone(), reader));
        link
    }

    async fn question(&self, kind: u8, payload: [u8; FRAME]) -> u64 {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        self.asked.lock().expect("nobody panics").insert(number, sender);
        let _ = self.queue.send(Message { kind, number, payload: Payload::Short(payload) }).await;
        answer.await.expect("an answer")
    }
}

impl Tell for Link {
    async fn tell(&self, n: u64) {
        let payload = Payload::Short(measure::frame(n));
        let _ = self.queue.send(Message { kind: TELL, number: 0, payload }).await;
    }

    async fn sum(self, _: u64) -> u64 {
        self.question(SUM, [0; FRAME]).await
    }
}

impl Ask for Link {
    async fn ask(&self, n: u64) -> u64 {
        self.question(ASK, measure::frame(n)).await
    }
}

#[derive(Clone)]
struct Bulk(Link, Bytes);

impl Tell for Bulk {
    async fn tell(&self, _: u64) {
        let payload = Payload::Long(self.1.clone());
        let _ = self.0.queue.send(Message { kind: TELL, number: 0, payload }).await;
    }

    async fn sum(self, expected: u64) -> u64 {
        self.0.sum(expected).await
    }
}

async fn write(mut queue: mpsc::Receiver<Message>, mut writer: OwnedWriteHalf) {
    let mut out = Vec::with_capacity(BATCH + BULK);
    while let Some(message) = queue.recv().await {
        put(&mut out, message.kind, message.number, message.payload.bytes());
        while out.len() < BATCH {
            let Ok(message) = queue.try_recv() else { break };
            put(&mut out, message.kind, message.number, message.payload.bytes());
        }
        if writer.write_all(&out).await.is_err() {
            return;
        }
        out.clear();
    }
}

async fn answers(asked: Asked, mut reader: OwnedReadHalf) {
    let mut frames = Frames::default();
    while frames.fill(&mut reader).await {
        while let Some((_, number, payload)) = frames.next() {
            let asked = asked.lock().expect("nobody panics").remove(&number);
            if let Some(asked) = asked {
                let _ = asked.send(measure::number(payload));
            }
        }
    }
}

/// One binary frame, final and without a mask.
fn put(out: &mut Vec<u8>, kind: u8, number: u64, payload: &[u8]) {
    let length = HEADER + payload.len();
    out.push(0x82);
    match length {
        0..126 => out.push(length as u8),
        126..0x1_0000 => {
            out.push(126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            out.push(127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.push(kind);
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(payload);
}

/// What was read and not taken yet.
#[derive(Default)]
struct Frames {
    bytes: Vec<u8>,
    taken: usize,
    held: usize,
}

impl Frames {
    /// Reads what there is; false at the end.
    async fn fill(&mut self, reader: &mut OwnedReadHalf) -> bool {
        self.bytes.copy_within(self.taken..self.held, 0);
        self.held -= self.taken;
        self.taken = 0;
        self.bytes.resize(BATCH, 0);
        match reader.read(&mut self.bytes[self.held..]).await {
            Ok(0) | Err(_) => false,
            Ok(read) => {
                self.held += read;
                true
            }
        }
    }

    fn next(&mut self) -> Option<(u8, u64, &[u8])> {
        let bytes = &self.bytes[self.taken..self.held];
        assert!(bytes.first().is_none_or(|first| *first == 0x82), "a binary frame");
        let (start, length) = match *bytes.get(1)? {
            126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
            127 => (10, u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?) as usize),
            short => (2, usize::from(short)),
        };
        let frame = bytes.get(start..start + length)?;
        self.taken += start + length;
        let number = u64::from_le_bytes(frame.get(1..HEADER)?.try_into().ok()?);
        Some((frame[0], number, &frame[HEADER..]))
    }
}

pub fn child(socket: StdStream) -> std::io::Result<()> {
    loops::on_loop(async {
        let (mut reader, mut writer) = child::stream(socket).into_split();
        let (mut frames, mut out, mut sum) = (Frames::default(), Vec::new(), 0);
        while frames.fill(&mut reader).await {
            while let Some((kind, number, payload)) = frames.next() {
                match kind {
                    TELL if payload.len() == FRAME => sum += measure::number(payload),
                    TELL => sum += 1,
                    ASK => put(&mut out, ASK, number, &measure::frame(measure::number(payload) + 1)),
                    _ => put(&mut out, SUM, number, &measure::frame(sum)),
                }
            }
            if !out.is_empty() {
                writer.write_all(&out).await?;
                out.clear();
            }
        }
        Ok(())
    })
}
