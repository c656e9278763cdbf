//! What goes between two processes, beside the floors of the same work, interleaved in one run.
//!
//! `cargo bench -p pulsar --bench links [-- --rounds 5 --split --only TEXT]` prints medians and ratios, of the time that passes and of
//! the time that both processes compute; both on one core unless `--split`. The floors: frames of a fixed size over a bare Unix socket,
//! and batches of frames written by hand.
//! `--alone tell|ask|flight|large` runs pulsar's alone, for instruments that count.

use std::collections::BTreeMap;
use std::future::Future;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdStream;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use pulsar::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

const TELLS: u64 = 200_000;
const ASKS: u64 = 10_000;
const FLIGHTS: u64 = 100_000;
const IN_FLIGHT: usize = 256;
const LARGE: u64 = 10_000;

/// What a message carries.
const FRAME: usize = 32;
const LARGE_FRAME: usize = 64 << 10;

/// Makes this binary a floor's other end, on the core that it names (`-` is any).
const FLOOR: &str = "PULSAR_BENCH_LINKS_FLOOR";

/// On which core process actors run.
const CORE: &str = "PULSAR_BENCH_LINKS_CORE";

type Small = [u8; FRAME];

/// Counts.
#[actor]
struct Sink {
    #[state]
    count: u64,
}

#[actor]
impl Sink {
    #[hook]
    async fn start(&mut self) -> Result<()> {
        pin(&std::env::var(CORE).unwrap_or_default());
        Ok(())
    }

    #[command]
    fn small(&mut self, bytes: Small) -> Small {
        self.count += 1;
        bytes
    }

    #[command]
    fn large(&mut self, bytes: Bytes) {
        self.count += u64::from(bytes.len() == LARGE_FRAME);
    }

    #[command]
    fn count(&mut self) -> u64 {
        std::mem::take(&mut self.count)
    }
}

/// Keeps this thread, and what it starts, on the core of this number.
fn pin(core: &str) {
    let Ok(core) = core.parse() else { return };
    let mut set = rustix::thread::CpuSet::new();
    set.set(core);
    if let Err(error) = rustix::thread::sched_setaffinity(None, &set) {
        eprintln!("not pinned to core {core}: {error}");
    }
}

fn main() -> ExitCode {
    pulsar::init();
    if let Ok(core) = std::env::var(FLOOR) {
        pin(&core);
        return floor_child();
    }
    let args: Vec<String> = std::env::args().collect();
    let after = |name: &str| args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1)).cloned();
    let rounds = after("--rounds").and_then(|text| text.parse().ok()).unwrap_or(5);
    let only = after("--only").unwrap_or_default();
    let split = args.iter().any(|arg| arg == "--split");
    let core = if split { "1" } else { "0" };
    // SAFETY: nothing else runs yet.
    #[expect(unsafe_code, reason = "process actors are told through the environment which core is theirs")]
    unsafe {
        std::env::set_var(CORE, core);
    }
    pin("0");
    match after("--alone") {
        Some(what) => pulsar::run(move || alone(what)),
        None => pulsar::run(move || bench(rounds, only, core)),
    }
}

async fn alone(what: String) -> Result<()> {
    let sink = Sink::new().spawn().await?;
    let nanos = match what.as_str() {
        "tell" => tells(&sink, 20_000).await?,
        "ask" => asks(&sink, 5_000).await?,
        "flight" => flights(&sink, 20_000).await?,
        "large" => large(&sink, 1_000).await?,
        _ => 0.0,
    };
    println!("{what}: {nanos:.0} ns");
    Ok(())
}

async fn bench(rounds: usize, only: String, core: &'static str) -> Result<()> {
    let mut figures: BTreeMap<&'static str, Vec<Figure>> = BTreeMap::new();
    let sink = Sink::new().spawn().await?;
    let mut floor = Floor::start(core)?;
    let pids = [sink.info().await?.actor.pid, floor.child.id()];
    for round in 0..rounds {
        eprintln!("round {} of {rounds}", round + 1);
        macro_rules! measure {
            ($name:literal, $count:expr, $nanos:expr) => {
                if $name.contains(only.as_str()) {
                    let before = computed(pids);
                    let passed = $nanos;
                    let computed = (computed(pids) - before) / $count as f64;
                    figures.entry($name).or_default().push(Figure { passed, computed });
                }
            };
        }
        measure!("1 tell: frames by hand, in batches", TELLS, floor.tells(TELLS).await?);
        measure!("1 tell: pulsar", TELLS, tells(&sink, TELLS).await?);
        measure!("2 ask: bare socket", ASKS, floor.asks(ASKS).await?);
        measure!("2 ask: pulsar", ASKS, asks(&sink, ASKS).await?);
        measure!("3 256 in flight: frames by hand, in batches", FLIGHTS, floor.flights(FLIGHTS).await?);
        measure!("3 256 in flight: pulsar", FLIGHTS, flights(&sink, FLIGHTS).await?);
        measure!("4 64 KiB: bare socket", LARGE, floor.large(LARGE).await?);
        measure!("4 64 KiB: pulsar", LARGE, large(&sink, LARGE).await?);
    }
    println!("{:<46} {:>10} {:>8} {:>12} {:>8}", "medians", "ns an op", "x floor", "ns of CPU", "x floor");
    let mut least = Figure { passed: 1.0, computed: 1.0 };
    let mut of = ' ';
    for (name, figures) in figures {
        let median = |of: fn(&Figure) -> f64| {
            let mut values: Vec<f64> = figures.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied().unwrap_or_default()
        };
        let Figure { passed, computed } =
            Figure { passed: median(|figure| figure.passed), computed: median(|figure| figure.computed) };
        let workload = name.chars().next().unwrap_or(' ');
        // The floor's name comes first in each workload.
        if workload != of {
            (least, of) = (Figure { passed, computed }, workload);
        }
        let (more, work) = (passed / least.passed, computed / least.computed);
        println!("{:<46} {passed:>10.0} {more:>8.2} {computed:>12.0} {work:>8.2}", &name[2..]);
    }
    floor.end();
    Ok(())
}

/// Nanoseconds an operation.
struct Figure {
    passed: f64,
    computed: f64,
}

/// How long the threads of this process and of these have computed, in nanoseconds: it does not move with what else the machine does.
fn computed(pids: [u32; 2]) -> f64 {
    let mut sum = 0.0;
    for pid in pids.into_iter().chain([std::process::id()]) {
        for task in std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
            let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            sum += text.split_whitespace().next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or_default();
        }
    }
    sum
}

/// Nanoseconds an operation.
async fn timed<T, E>(count: u64, work: impl Future<Output = std::result::Result<T, E>>) -> Result<f64>
where
    Error: From<E>,
{
    let began = Instant::now();
    work.await?;
    Ok(began.elapsed().as_nanos() as f64 / count as f64)
}

async fn tells(sink: &SinkProxy, count: u64) -> Result<f64> {
    sink.count().await?;
    timed(count, async {
        for _ in 0..count {
            sink.small([7; FRAME]).tell().await?;
        }
        assert_eq!(sink.count().timeout(Duration::from_secs(60)).await?, count);
        Ok::<_, Error>(())
    })
    .await
}

async fn asks(sink: &SinkProxy, count: u64) -> Result<f64> {
    timed(count, async {
        for _ in 0..count {
            sink.small([7; FRAME]).await?;
        }
        Ok::<_, Error>(())
    })
    .await
}

async fn flights(sink: &SinkProxy, count: u64) -> Result<f64> {
    timed(count, async {
        let mut flying: FuturesUnordered<_> = (0..IN_FLIGHT).map(|_| sink.small([7; FRAME])).collect();
        for _ in 0..count {
            if let Some(answer) = flying.next().await {
                answer?;
            }
            flying.push(sink.small([7; FRAME]));
        }
        Ok::<_, Error>(())
    })
    .await
}

async fn large(sink: &SinkProxy, count: u64) -> Result<f64> {
    sink.count().await?;
    let bytes = Bytes::from(vec![7; LARGE_FRAME]);
    timed(count, async {
        for _ in 0..count {
            sink.large(bytes.clone()).tell().await?;
        }
        assert_eq!(sink.count().timeout(Duration::from_secs(60)).await?, count);
        Ok::<_, Error>(())
    })
    .await
}

/// A process that answers frames of fixed sizes: the least that two processes can do. The first byte of one says whether it is
/// answered (1), or as large as it gets (2).
struct Floor {
    child: Child,
    stream: UnixStream,
}

impl Floor {
    fn start(core: &str) -> Result<Self> {
        let (ours, theirs) = StdStream::pair()?;
        let child = Command::new(std::env::current_exe()?)
            .env(FLOOR, core)
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .spawn()?;
        ours.set_nonblocking(true)?;
        Ok(Self { child, stream: UnixStream::from_std(ours)? })
    }

    async fn asks(&mut self, count: u64) -> Result<f64> {
        timed(count, async {
            let mut frame = [1; FRAME];
            for _ in 0..count {
                self.stream.write_all(&frame).await?;
                self.stream.read_exact(&mut frame).await?;
            }
            Ok::<_, std::io::Error>(())
        })
        .await
    }

    async fn tells(&mut self, count: u64) -> Result<f64> {
        timed(count, async {
            let mut batch = Vec::with_capacity(FRAME * IN_FLIGHT);
            for n in 1..=count {
                batch.extend_from_slice(&[0; FRAME]);
                if n % IN_FLIGHT as u64 == 0 || n == count {
                    self.stream.write_all(&batch).await?;
                    batch.clear();
                }
            }
            self.sync().await
        })
        .await
    }

    /// As many as fly are asked and answered at once.
    async fn flights(&mut self, count: u64) -> Result<f64> {
        timed(count, async {
            let mut batch = vec![1; FRAME * IN_FLIGHT];
            for _ in 0..count / IN_FLIGHT as u64 {
                self.stream.write_all(&batch).await?;
                self.stream.read_exact(&mut batch).await?;
            }
            Ok::<_, std::io::Error>(())
        })
        .await
    }

    async fn large(&mut self, count: u64) -> Result<f64> {
        timed(count, async {
            let mut frame = vec![0; LARGE_FRAME];
            frame[0] = 2;
            for _ in 0..count {
                self.stream.write_all(&frame).await?;
            }
            self.sync().await
        })
        .await
    }

    async fn sync(&mut self) -> std::io::Result<()> {
        let mut frame = [1; FRAME];
        self.stream.write_all(&frame).await?;
        self.stream.read_exact(&mut frame).await.map(drop)
    }

    fn end(mut self) {
        drop(self.stream);
        let _ = self.child.wait();
    }
}

fn floor_child() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a loop can be made");
    match runtime.block_on(serve()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

async fn serve() -> std::io::Result<()> {
    let stdin = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
    let stream = StdStream::from(stdin);
    stream.set_nonblocking(true)?;
    let mut stream = UnixStream::from_std(stream)?;
    let mut buffer = vec![0; 2 * LARGE_FRAME];
    let mut answers = Vec::new();
    let mut held = 0;
    loop {
        let read = stream.read(&mut buffer[held..]).await?;
        if read == 0 {
            return Ok(());
        }
        held += read;
        let mut at = 0;
        while at < held {
            let len = if buffer[at] == 2 { LARGE_FRAME } else { FRAME };
            if held - at < len {
                break;
            }
            if buffer[at] == 1 {
                answers.extend_from_slice(&buffer[at..at + len]);
            }
            at += len;
        }
        buffer.copy_within(at..held, 0);
        held -= at;
        if !answers.is_empty() {
            stream.write_all(&answers).await?;
            answers.clear();
        }
    }
}
