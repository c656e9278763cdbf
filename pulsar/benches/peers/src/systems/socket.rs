//! Nothing but tokio and a Unix socket: frames of a fixed size, one question at a time. The floor of what two processes do.

use std::os::unix::net::UnixStream as StdStream;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::Mutex;

use crate::child::{self, Other};
use crate::job::{Figure, Job, Shape};
use crate::loops;
use crate::measure::{self, Ask, BULK, FRAME, Tell};

pub fn run(job: Job) -> Option<Figure> {
    let other = Other::start("socket", job.place.there()).ok()?;
    match job.shape {
        Shape::FarAsk => Some(loops::on_loop(async {
            let socket = Socket::begin(&other, 1).await;
            measure::asks(&socket, job.count, true).await
        })),
        Shape::FarBulk => Some(loops::on_loop(async {
            let socket = Socket::begin(&other, 2).await;
            measure::tells(socket, job.count).await
        })),
        _ => None,
    }
}

/// Its first byte says what comes: 1 frames of 32 bytes, each answered; 2 messages of 64 KiB, answered at the end.
#[derive(Clone)]
struct Socket(std::sync::Arc<Mutex<UnixStream>>);

impl Socket {
    async fn begin(other: &Other, mode: u8) -> Self {
        let mut stream = other.stream();
        stream.write_all(&[mode]).await.expect("the other end is there");
        Self(std::sync::Arc::new(Mutex::new(stream)))
    }
}

impl Ask for Socket {
    async fn ask(&self, n: u64) -> u64 {
        let mut stream = self.0.try_lock().expect("one at a time");
        let mut frame = measure::frame(n);
        stream.write_all(&frame).await.expect("the other end is there");
        stream.read_exact(&mut frame).await.expect("the other end answers");
        measure::number(&frame)
    }
}

impl Tell for Socket {
    async fn tell(&self, _: u64) {
        static MESSAGE: [u8; BULK] = [7; BULK];
        let mut stream = self.0.try_lock().expect("one at a time");
        stream.write_all(&MESSAGE).await.expect("the other end is there");
    }

    async fn sum(self, expected: u64) -> u64 {
        let mut stream = self.0.try_lock().expect("one at a time");
        let _ = expected;
        stream.shutdown().await.expect("the other end is there");
        stream.read_u64().await.expect("the other end answers")
    }
}

pub fn child(socket: StdStream) -> std::io::Result<()> {
    loops::on_loop(async {
        let mut stream = child::stream(socket);
        if stream.read_u8().await? == 1 {
            let mut frame = [0; FRAME];
            while stream.read_exact(&mut frame).await.is_ok() {
                let answer = measure::frame(measure::number(&frame) + 1);
                stream.write_all(&answer).await?;
            }
            return Ok(());
        }
        let mut message = vec![0; BULK];
        let mut counted = 0;
        while stream.read_exact(&mut message).await.is_ok() {
            counted += 1;
        }
        stream.write_u64(counted).await
    })
}
