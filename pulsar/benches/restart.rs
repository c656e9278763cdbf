//! How long an actor is gone: from `kill -9` to the first answer of the next incarnation, beside a loop written by hand that does
//! only that (wait, spawn, hello over a socketpair, one question), interleaved in one run.
//!
//! `cargo bench -p pulsar --bench restart [-- --rounds 300]` prints medians, the slowest tenth, and the ratio.

use std::{
    io::{Read, Write},
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::{Child, Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use pulsar::prelude::*;
use rustix::process::{Pid, Signal, kill_process};

/// Tells this binary to be the hand-written loop's child.
const FLOOR: &str = "PULSAR_BENCH_FLOOR";

/// Says which of its lives this is, and where.
#[actor]
struct Probe {}

#[actor]
impl Probe {
    #[command]
    fn place(&self, cx: &mut Context<Self>) -> (u32, u32) {
        (std::process::id(), cx.incarnation())
    }
}

/// How long a restart may take at all.
const SOON: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    if std::env::var_os(FLOOR).is_some() {
        return floor_child();
    }
    pulsar::init();
    let args: Vec<String> = std::env::args().collect();
    let rounds = args.iter().position(|arg| arg == "--rounds").and_then(|at| args.get(at + 1)?.parse().ok());
    pulsar::run(move || bench(rounds.unwrap_or(300)))
}

async fn bench(rounds: usize) -> Result<()> {
    // What would be said of each death is not what is measured.
    tracing::subscriber::set_global_default(tracing::subscriber::NoSubscriber::new())?;
    let probe = Probe::new().on(Kind::Process).with(|params| {
        params.intensity = None;
        params.backoff = (Duration::ZERO, Duration::ZERO);
    });
    let probe = probe.spawn().await?;
    let mut floor = Floor::start()?;
    let (mut actors, mut floors) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let (pid, incarnation) = probe.place().await?;
        // Nothing is under way any more.
        tokio::time::sleep(Duration::from_millis(5)).await;
        let began = Instant::now();
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(Error::msg("no process"))?;
        kill_process(pid, Signal::KILL)?;
        loop {
            match probe.place().timeout(SOON).await {
                Ok((_, next)) if next > incarnation => break,
                // The question reached the one that was killed.
                _ => {}
            }
        }
        actors.push(began.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
        let began = Instant::now();
        floor.restart()?;
        floors.push(began.elapsed());
    }
    floor.child.kill()?;
    floor.child.wait()?;
    let (actor, bare) = (median(&mut actors), median(&mut floors));
    let tenth = |sorted: &[Duration]| sorted.get(sorted.len() * 9 / 10).copied().unwrap_or_default();
    println!("{:<42} {:>10} {:>14}", format!("{rounds} restarts"), "median", "slowest tenth");
    println!("{:<42} {bare:>10.1?} {:>14.1?}", "a loop written by hand", tenth(&floors));
    println!("{:<42} {actor:>10.1?} {:>14.1?}", "a process actor", tenth(&actors));
    println!("times the floor: {:.2}", actor.as_secs_f64() / bare.as_secs_f64());
    Ok(())
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The least that a supervisor of a process does.
struct Floor {
    child: Child,
    socket: UnixStream,
}

impl Floor {
    fn start() -> std::io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let child = Command::new("/proc/self/exe").env(FLOOR, "1").stdin(Stdio::from(OwnedFd::from(theirs))).spawn()?;
        let mut floor = Self { child, socket: ours };
        floor.socket.read_exact(&mut [0])?;
        floor.ask()?;
        Ok(floor)
    }

    fn ask(&mut self) -> std::io::Result<()> {
        self.socket.write_all(&[1])?;
        self.socket.read_exact(&mut [0])
    }

    fn restart(&mut self) -> std::io::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        *self = Self::start()?;
        Ok(())
    }
}

/// Says hello, then answers whatever comes.
fn floor_child() -> ExitCode {
    let Ok(fd) = rustix::io::dup(rustix::stdio::stdin()) else { return ExitCode::FAILURE };
    let mut socket = UnixStream::from(fd);
    if socket.write_all(&[0]).is_err() {
        return ExitCode::FAILURE;
    }
    let mut byte = [0];
    while socket.read_exact(&mut byte).is_ok() && socket.write_all(&byte).is_ok() {}
    ExitCode::SUCCESS
}
