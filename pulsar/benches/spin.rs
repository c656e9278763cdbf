//! What an ask takes where loops wait awake for what comes, and where they sleep: interleaved in one run, beside tokio's own.
//!
//! `cargo bench -p pulsar --bench spin [-- --rounds 5 --one-core]` prints the median of the rounds' medians, of their 99th percentiles, and
//! what the program computed meanwhile.

use std::collections::BTreeMap;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use pulsar::prelude::*;
use tokio::sync::{mpsc, oneshot};

const ASKS: usize = 20_000;
const TELLS: u64 = 500_000;
const FLIGHTS: u64 = 200_000;
const IN_FLIGHT: usize = 256;

/// The switch, and what it is set to.
const SWITCH: &str = "PULSAR_SPIN";
const SETTINGS: [&str; 2] = ["off", "on"];

/// Makes this binary one that measures once.
const ONCE: &str = "PULSAR_BENCH_SPIN_ONCE";

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
}

fn main() -> ExitCode {
    pulsar::init();
    let args: Vec<String> = std::env::args().collect();
    if std::env::var_os(ONCE).is_some() {
        return pulsar::run(once);
    }
    let rounds = args.iter().position(|arg| arg == "--rounds").and_then(|at| args.get(at + 1));
    let rounds = rounds.and_then(|text| text.parse().ok()).unwrap_or(5);
    if args.iter().any(|arg| arg == "--one-core") {
        let mut set = rustix::thread::CpuSet::new();
        set.set(0);
        if let Err(error) = rustix::thread::sched_setaffinity(None, &set) {
            eprintln!("the bench cannot be pinned to one core: {error}");
        }
    }
    let mut figures: BTreeMap<(String, String), Vec<[f64; 3]>> = BTreeMap::new();
    for round in 0..rounds {
        eprintln!("round {} of {rounds}", round + 1);
        for setting in SETTINGS {
            for (name, figure) in measure(setting) {
                figures.entry((name, setting.into())).or_default().push(figure);
            }
        }
    }
    println!("{:<40} {:>5} {:>10} {:>10} {:>10}", "ns", "spin", "p50", "p99", "CPU an op");
    for ((name, setting), rounds) in figures {
        let median = |at: usize| {
            let mut values: Vec<f64> = rounds.iter().filter_map(|round| round.get(at).copied()).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied().unwrap_or_default()
        };
        println!("{name:<40} {setting:>5} {:>10.0} {:>10.0} {:>10.0}", median(0), median(1), median(2));
    }
    ExitCode::SUCCESS
}

/// Runs this binary once, with the switch set.
fn measure(setting: &str) -> Vec<(String, [f64; 3])> {
    let Ok(path) = std::env::current_exe() else { return Vec::new() };
    let ran = Command::new(path).env(ONCE, "1").env(SWITCH, setting).stderr(Stdio::inherit()).output();
    let text = ran.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let line = |line: &str| {
        let (name, figures) = line.split_once('|')?;
        let figures: Vec<f64> = figures.split(' ').filter_map(|text| text.parse().ok()).collect();
        Some((name.to_string(), figures.try_into().ok()?))
    };
    text.lines().filter_map(line).collect()
}

async fn once() -> Result<()> {
    let thread = Counter::new().on(Kind::Thread).spawn().await?;
    let process = Counter::new().spawn().await?;
    let pid = process.info().await?.actor.pid;
    raw_asks(pid).await;
    asks("2 ask, two threads", &thread, pid).await?;
    asks("3 ask, two processes", &process, pid).await?;
    let plain = thread.clone();
    let (done, over) = oneshot::channel();
    std::thread::spawn(move || {
        let mut times = Times::new(pid);
        for _ in 0..ASKS {
            let begun = Instant::now();
            let _ = plain.add(1).wait();
            times.add(begun);
        }
        times.print("4 ask of a thread, from a plain thread");
        let _ = done.send(());
    });
    let _ = over.await;
    work("5 tell, two threads", pid, TELLS, async || tells(&thread, TELLS).await).await?;
    work("6 tell, two processes", pid, TELLS, async || tells(&process, TELLS).await).await?;
    work("7 256 in flight, two threads", pid, FLIGHTS, async || flights(&thread).await).await?;
    work("8 256 in flight, two processes", pid, FLIGHTS, async || flights(&process).await).await?;
    Ok(())
}

/// How long each of many things took.
struct Times {
    nanos: Vec<u64>,
    pid: u32,
    computed: f64,
}

impl Times {
    fn new(pid: u32) -> Self {
        Self { nanos: Vec::with_capacity(ASKS), pid, computed: computed(pid) }
    }

    fn add(&mut self, begun: Instant) {
        self.nanos.push(u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }

    fn print(mut self, name: &str) {
        let computed = (computed(self.pid) - self.computed) / self.nanos.len() as f64;
        self.nanos.sort_unstable();
        let at = |part: usize| self.nanos.get(self.nanos.len() * part / 100).copied().unwrap_or_default();
        println!("{name}|{} {} {computed}", at(50), at(99));
    }
}

async fn asks(name: &str, counter: &CounterProxy, pid: u32) -> Result<()> {
    let mut times = Times::new(pid);
    for _ in 0..ASKS {
        let begun = Instant::now();
        counter.add(1).await?;
        times.add(begun);
    }
    times.print(name);
    Ok(())
}

async fn raw_asks(pid: u32) {
    let (sender, mut receiver) = mpsc::channel::<(u64, oneshot::Sender<u64>)>(1024);
    let answering = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a loop can be made").block_on(async {
            while let Some((n, reply)) = receiver.recv().await {
                let _ = reply.send(n);
            }
        });
    });
    let mut times = Times::new(pid);
    for _ in 0..ASKS {
        let begun = Instant::now();
        let (reply, answer) = oneshot::channel();
        let _ = sender.send((1, reply)).await;
        let _ = answer.await;
        times.add(begun);
    }
    times.print("1 ask, two threads: mpsc + oneshot");
    drop(sender);
    let _ = answering.join();
}

async fn work(name: &str, pid: u32, count: u64, work: impl AsyncFn() -> Result<()>) -> Result<()> {
    let (begun, before) = (Instant::now(), computed(pid));
    work().await?;
    let nanos = begun.elapsed().as_nanos() as f64 / count as f64;
    println!("{name}|{nanos} {nanos} {}", (computed(pid) - before) / count as f64);
    Ok(())
}

async fn tells(counter: &CounterProxy, count: u64) -> Result<()> {
    for _ in 0..count {
        counter.add(1).tell().await?;
    }
    counter.add(1).timeout(Duration::from_secs(60)).await?;
    Ok(())
}

async fn flights(counter: &CounterProxy) -> Result<()> {
    use futures_util::StreamExt;
    let mut flying: futures_util::stream::FuturesUnordered<_> = (0..IN_FLIGHT).map(|_| counter.add(1)).collect();
    for _ in 0..FLIGHTS {
        if let Some(answer) = flying.next().await {
            answer?;
        }
        flying.push(counter.add(1));
    }
    Ok(())
}

/// How long this process and that one have computed, in nanoseconds.
fn computed(pid: u32) -> f64 {
    let mut sum = 0.0;
    for pid in [pid, std::process::id()] {
        for task in std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
            let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            sum += text.split_whitespace().next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or_default();
        }
    }
    sum
}
