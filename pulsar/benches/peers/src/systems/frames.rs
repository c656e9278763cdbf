//! The least that many messages between two processes take: frames of its own, a buffer of the loop's that senders append to and a task
//! writes once they have had their turn, answers found by number. Only that loop can send.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::os::unix::net::UnixStream as StdStream;
use std::rc::Rc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, oneshot};
use tokio::task::{LocalSet, spawn_local};

use crate::child::{self, Other};
use crate::job::{Figure, Job, Shape};
use crate::loops;
use crate::measure::{self, Ask, BULK, FRAME, Tell};

/// Length of the payload, kind, number of the question.
const HEADER: usize = 4 + 1 + 8;
const TELL: u8 = 0;
const ASK: u8 = 1;
const SUM: u8 = 2;

/// How much may wait to be written.
const ROOM: usize = 64 << 10;

pub fn run(job: Job) -> Option<Figure> {
    let other = Other::start("frames", job.place.there()).ok()?;
    loops::on_loop(LocalSet::new().run_until(async {
        let link = Link::begin(&other);
        Some(match job.shape {
            Shape::FarAsk => measure::asks(&link, job.count, true).await,
            Shape::FarInFlight => measure::in_flight(&link, job.count).await,
            Shape::FarTell => measure::tells(link, job.count).await,
            Shape::FarBulk => measure::tells(Bulk(link), job.count).await,
            _ => return None,
        })
    }))
}

#[derive(Clone)]
struct Link(Rc<Shared>);

#[derive(Default)]
struct Shared {
    out: RefCell<Vec<u8>>,
    /// Something is to be written.
    filled: Notify,
    /// There is room again.
    drained: Notify,
    number: Cell<u64>,
    asked: RefCell<HashMap<u64, oneshot::Sender<u64>>>,
}

impl Link {
    fn begin(other: &Other) -> Self {
        let (reader, writer) = other.stream().into_split();
        let link = Self(Rc::default());
        spawn_local(write(link.0.clone(), writer));
        spawn_local(answers(link.0.clone(), reader));
        link
    }

    async fn append(&self, kind: u8, number: u64, payload: &[u8]) {
        while self.0.out.borrow().len() > ROOM {
            self.0.drained.notified().await;
        }
        let mut out = self.0.out.borrow_mut();
        put(&mut out, kind, number, payload);
        self.0.filled.notify_one();
    }

    async fn question(&self, kind: u8, payload: &[u8]) -> u64 {
        let number = self.0.number.replace(self.0.number.get() + 1);
        let (sender, answer) = oneshot::channel();
        self.0.asked.borrow_mut().insert(number, sender);
        self.append(kind, number, payload).await;
        answer.await.expect("an answer")
    }
}

impl Tell for Link {
    async fn tell(&self, n: u64) {
        self.append(TELL, 0, &measure::frame(n)).await;
    }

    async fn sum(self, _: u64) -> u64 {
        self.question(SUM, &[]).await
    }
}

impl Ask for Link {
    async fn ask(&self, n: u64) -> u64 {
        self.question(ASK, &measure::frame(n)).await
    }
}

#[derive(Clone)]
struct Bulk(Link);

impl Tell for Bulk {
    async fn tell(&self, _: u64) {
        static MESSAGE: [u8; BULK] = [1; BULK];
        self.0.append(TELL, 0, &MESSAGE).await;
    }

    async fn sum(self, _: u64) -> u64 {
        self.0.question(SUM, &[]).await
    }
}

async fn write(shared: Rc<Shared>, mut writer: OwnedWriteHalf) {
    let mut batch = Vec::new();
    loop {
        shared.filled.notified().await;
        batch.clear();
        std::mem::swap(&mut batch, &mut *shared.out.borrow_mut());
        shared.drained.notify_waiters();
        if writer.write_all(&batch).await.is_err() {
            return;
        }
    }
}

async fn answers(shared: Rc<Shared>, mut reader: OwnedReadHalf) {
    let mut frames = Frames::default();
    while frames.fill(&mut reader).await {
        while let Some((_, number, payload)) = frames.next() {
            if let Some(asked) = shared.asked.borrow_mut().remove(&number) {
                let _ = asked.send(measure::number(payload));
            }
        }
    }
}

fn put(out: &mut Vec<u8>, kind: u8, number: u64, payload: &[u8]) {
    out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
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
        self.bytes.resize(self.bytes.len().max(2 * (BULK + HEADER)), 0);
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
        let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
        let frame = bytes.get(..HEADER + length)?;
        self.taken += frame.len();
        let number = u64::from_le_bytes(frame[5..HEADER].try_into().ok()?);
        Some((frame[4], number, &frame[HEADER..]))
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
