//! Tell and ask for each kind of actor, beside the bare floor of the same work, interleaved in one run.
//!
//! `cargo bench -p pulsar --bench floor [-- --rounds 5 --one-core --only TEXT]` prints medians and ratios. The floors: tokio's
//! bounded mpsc and oneshot between two loops, or on one; a Unix socket with frames of a fixed size between processes.

use std::collections::BTreeMap;
use std::future::Future;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdStream;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use pulsar::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot};

const MAILBOX: usize = 1024;
const TELLS: u64 = 1_000_000;
const FAR_TELLS: u64 = 300_000;
const ASKS: u64 = 300_000;
const FAR_ASKS: u64 = 20_000;
/// What a frame of the floor carries.
const FRAME: usize = 32;
const FLOOR: &str = "PULSAR_BENCH_FLOOR";

/// Counts.
#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn add(&mut self, n: u64) -> u64 {
        self.total += n;
        self.total
    }

    #[command]
    fn frame(&mut self, bytes: [u8; FRAME]) -> [u8; FRAME] {
        self.total += 1;
        bytes
    }

    #[command]
    fn total(&mut self) -> u64 {
        std::mem::take(&mut self.total)
    }
}

fn main() -> ExitCode {
    pulsar::init();
    if std::env::var_os(FLOOR).is_some() {
        return floor_child();
    }
    let args: Vec<String> = std::env::args().collect();
    let after = |name: &str| args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1));
    let rounds = after("--rounds").and_then(|text| text.parse().ok()).unwrap_or(5);
    if args.iter().any(|arg| arg == "--one-core") {
        let mut set = rustix::thread::CpuSet::new();
        set.set(0);
        if let Err(error) = rustix::thread::sched_setaffinity(None, &set) {
            eprintln!("the bench cannot be pinned to one core: {error}");
        }
    }
    let only = after("--only").cloned().unwrap_or_default();
    pulsar::run(move || bench(rounds, only))
}

async fn bench(rounds: usize, only: String) -> Result<()> {
    let mut figures: BTreeMap<&'static str, Vec<f64>> = BTreeMap::new();
    let task = Counter::new().on(Kind::Task).spawn().await?;
    let thread = Counter::new().on(Kind::Thread).spawn().await?;
    let process = Counter::new().spawn().await?;
    let mut socket = FloorProcess::start()?;
    for round in 0..rounds {
        eprintln!("round {} of {rounds}", round + 1);
        // What is not wanted is not run.
        macro_rules! measure {
            ($name:literal, $nanos:expr) => {
                if $name.contains(only.as_str()) {
                    let nanos = $nanos;
                    figures.entry($name).or_default().push(nanos);
                }
            };
        }
        measure!("1 tell, one loop: mpsc", mpsc_tells_one_loop().await);
        measure!("1 tell, one loop: task actor", tells(&task, TELLS).await?);
        measure!("2 tell, two threads: mpsc", mpsc_tells_two_threads().await);
        measure!("2 tell, two threads: thread actor", tells(&thread, TELLS).await?);
        measure!("3 tell, two processes: bare socket", socket.tells(FAR_TELLS).await?);
        measure!("3 tell, two processes: process actor", tells(&process, FAR_TELLS).await?);
        measure!("4 ask, one loop: mpsc + oneshot", mpsc_asks_one_loop().await);
        measure!("4 ask, one loop: task actor", asks(&task, ASKS).await?);
        measure!("5 ask, two threads: mpsc + oneshot", mpsc_asks_two_threads().await);
        measure!("5 ask, two threads: thread actor", asks(&thread, FAR_ASKS).await?);
        measure!("6 ask, two processes: bare socket", socket.asks(FAR_ASKS).await?);
        measure!("6 ask, two processes: process actor", asks(&process, FAR_ASKS).await?);
    }
    println!("{:<42} {:>12} {:>8}", "medians", "ns an op", "x floor");
    let mut floor = 1.0;
    let mut of = ' ';
    for (name, mut values) in figures {
        values.sort_by(f64::total_cmp);
        let median = values.get(values.len() / 2).copied().unwrap_or_default();
        let workload = name.chars().next().unwrap_or(' ');
        // The floor's name comes first in each workload.
        if workload != of {
            (floor, of) = (median, workload);
        }
        println!("{:<42} {median:>12.0} {:>8.2}", &name[2..], median / floor);
    }
    socket.end();
    Ok(())
}

/// Nanoseconds an operation.
async fn timed<T>(count: u64, work: impl Future<Output = T>) -> (f64, T) {
    let began = Instant::now();
    let value = work.await;
    (began.elapsed().as_nanos() as f64 / count as f64, value)
}

async fn tells(counter: &CounterProxy, count: u64) -> Result<f64> {
    counter.total().await?;
    let work = async {
        for _ in 0..count {
            counter.add(1).tell().await?;
        }
        counter.total().timeout(Duration::from_secs(60)).await
    };
    let (nanos, counted) = timed(count, work).await;
    assert_eq!(counted?, count, "every tell is handled");
    Ok(nanos)
}

async fn asks(counter: &CounterProxy, count: u64) -> Result<f64> {
    let work = async {
        for _ in 0..count {
            counter.frame([7; FRAME]).await?;
        }
        Ok::<_, AskError>(())
    };
    let (nanos, done) = timed(count, work).await;
    done?;
    Ok(nanos)
}

async fn mpsc_tells_one_loop() -> f64 {
    let (sender, receiver) = mpsc::channel(MAILBOX);
    let counting = tokio::task::spawn_local(count_all(receiver));
    send_all(sender, counting).await
}

async fn mpsc_tells_two_threads() -> f64 {
    let (sender, receiver) = mpsc::channel(MAILBOX);
    let (done, counted) = oneshot::channel();
    let thread = std::thread::spawn(move || {
        let _ = done.send(on_a_loop(count_all(receiver)));
    });
    let nanos = send_all(sender, async move { counted.await.map_err(drop) }).await;
    let _ = thread.join();
    nanos
}

async fn send_all<E>(sender: mpsc::Sender<u64>, counted: impl Future<Output = std::result::Result<u64, E>>) -> f64 {
    let work = async {
        for _ in 0..TELLS {
            let _ = sender.send(1).await;
        }
        drop(sender);
        counted.await.unwrap_or_default()
    };
    let (nanos, total) = timed(TELLS, work).await;
    assert_eq!(total, TELLS, "every message is counted");
    nanos
}

async fn count_all(mut receiver: mpsc::Receiver<u64>) -> u64 {
    let mut total = 0;
    while let Some(n) = receiver.recv().await {
        total += n;
    }
    total
}

type Ask = ([u8; FRAME], oneshot::Sender<[u8; FRAME]>);

async fn mpsc_asks_one_loop() -> f64 {
    let (sender, receiver) = mpsc::channel(MAILBOX);
    let answering = tokio::task::spawn_local(answer_all(receiver));
    let nanos = ask_all(sender, ASKS).await;
    let _ = answering.await;
    nanos
}

async fn mpsc_asks_two_threads() -> f64 {
    let (sender, receiver) = mpsc::channel(MAILBOX);
    let thread = std::thread::spawn(move || on_a_loop(answer_all(receiver)));
    let nanos = ask_all(sender, FAR_ASKS).await;
    let _ = thread.join();
    nanos
}

async fn ask_all(sender: mpsc::Sender<Ask>, count: u64) -> f64 {
    let work = async {
        for _ in 0..count {
            let (reply, answer) = oneshot::channel();
            let _ = sender.send(([7; FRAME], reply)).await;
            let _ = answer.await;
        }
    };
    timed(count, work).await.0
}

async fn answer_all(mut receiver: mpsc::Receiver<Ask>) {
    while let Some((bytes, reply)) = receiver.recv().await {
        let _ = reply.send(bytes);
    }
}

fn on_a_loop<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a loop can be made").block_on(work)
}

/// A process that answers frames of a fixed size: the least that two processes can do.
struct FloorProcess {
    child: Child,
    stream: UnixStream,
}

impl FloorProcess {
    fn start() -> Result<Self> {
        let (ours, theirs) = StdStream::pair()?;
        let child = Command::new(std::env::current_exe()?)
            .env(FLOOR, "1")
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .spawn()?;
        ours.set_nonblocking(true)?;
        Ok(Self { child, stream: UnixStream::from_std(ours)? })
    }

    async fn asks(&mut self, count: u64) -> Result<f64> {
        let stream = &mut self.stream;
        let work = async {
            let mut frame = [1; FRAME];
            for _ in 0..count {
                stream.write_all(&frame).await?;
                stream.read_exact(&mut frame).await?;
            }
            Ok::<_, std::io::Error>(())
        };
        let (nanos, done) = timed(count, work).await;
        done?;
        Ok(nanos)
    }

    /// Frames that begin with 0 are not answered; a last one is, so that the end is known.
    async fn tells(&mut self, count: u64) -> Result<f64> {
        let stream = &mut self.stream;
        let work = async {
            let batch = [0; FRAME * 256];
            let mut left = count as usize;
            while left > 0 {
                let frames = left.min(256);
                stream.write_all(&batch[..frames * FRAME]).await?;
                left -= frames;
            }
            let mut frame = [1; FRAME];
            stream.write_all(&frame).await?;
            stream.read_exact(&mut frame).await?;
            Ok::<_, std::io::Error>(())
        };
        let (nanos, done) = timed(count, work).await;
        done?;
        Ok(nanos)
    }

    fn end(mut self) {
        drop(self.stream);
        let _ = self.child.wait();
    }
}

fn floor_child() -> ExitCode {
    let served = on_a_loop(async {
        let stdin = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
        let stream = StdStream::from(stdin);
        stream.set_nonblocking(true)?;
        let mut stream = UnixStream::from_std(stream)?;
        let mut buffer = vec![0; FRAME * 2048];
        let mut held = 0;
        loop {
            let read = stream.read(&mut buffer[held..]).await?;
            if read == 0 {
                return Ok::<_, std::io::Error>(());
            }
            held += read;
            let whole = held / FRAME * FRAME;
            for at in (0..whole).step_by(FRAME) {
                if buffer[at] == 1 {
                    stream.write_all(&buffer[at..at + FRAME]).await?;
                }
            }
            buffer.copy_within(whole..held, 0);
            held -= whole;
        }
    });
    if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
