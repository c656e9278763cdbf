//! A program whose loops wait awake for what comes, or do not.
//!
//! ```text
//! awake MODE
//! ```

use std::cell::Cell;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use pulsar::prelude::*;
use pulsar_tests::proc;

/// How often each actor is asked, one answer after the other.
const ASKS: u32 = 3_000;

/// Counts.
#[actor]
struct Counter {
    #[state]
    total: u32,
}

#[actor]
impl Counter {
    #[command]
    fn add(&mut self, n: u32) -> u32 {
        self.total += n;
        self.total
    }

    /// Adds by asking another, which is where the message comes from then.
    #[command]
    async fn add_elsewhere(&mut self, other: CounterProxy, times: u32) -> Result<u32, AskError> {
        let mut total = 0;
        for _ in 0..times {
            total = other.add(1).await?;
        }
        Ok(total)
    }
}

#[pulsar::main]
async fn main() -> Result<ExitCode> {
    match std::env::args().nth(1).as_deref() {
        Some("asks") => asks().await?,
        Some("turns") => turns().await?,
        Some("idle") => idle().await?,
        _ => return Ok(ExitCode::FAILURE),
    }
    println!("well");
    Ok(ExitCode::SUCCESS)
}

/// Every pair of places.
async fn asks() -> Result<()> {
    for kind in [Kind::Task, Kind::Thread, Kind::Process] {
        let counter = Counter::new().on(kind).spawn().await?;
        for n in 1..=ASKS {
            assert_eq!(counter.add(1).await?, n, "{kind}");
        }
        for from in [Kind::Thread, Kind::Process] {
            let other = Counter::new().on(from).spawn().await?;
            let before = counter.add(0).await?;
            let total = other.add_elsewhere(counter.clone(), ASKS).timeout(Duration::from_secs(60)).await?;
            assert_eq!(total, before + ASKS, "{from} to {kind}");
        }
        // From a thread that has no loop.
        let plain = counter.clone();
        let before = counter.add(0).await?;
        let asked = std::thread::spawn(move || (0..ASKS).map(|_| plain.add(1).wait()).last());
        while !asked.is_finished() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(asked.join().expect("it ends").expect("the last")?, before + ASKS);
    }
    Ok(())
}

/// While a loop is kept awake by answers, its timers and its other tasks go on.
async fn turns() -> Result<()> {
    for kind in [Kind::Thread, Kind::Process] {
        let counter = Counter::new().on(kind).spawn().await?;
        let over = Cell::new(false);
        let asking = async {
            let mut asked = 0;
            while !over.get() {
                counter.add(1).await?;
                asked += 1;
            }
            Ok::<u32, AskError>(asked)
        };
        let timing = async {
            for _ in 0..50 {
                tokio::time::sleep(Duration::from_millis(2)).await;
                tokio::task::spawn_local(async { tokio::task::yield_now().await }).await.expect("it ends");
            }
            over.set(true);
        };
        let begun = Instant::now();
        let (asked, ()) = futures_util::future::join(asking, timing).await;
        println!("{} asks in {:?}", asked?, begun.elapsed());
    }
    Ok(())
}

/// Loops that were asked a lot just now, and nothing any more.
async fn idle() -> Result<()> {
    let thread = Counter::new().on(Kind::Thread).spawn().await?;
    let process = Counter::new().spawn().await?;
    for _ in 0..ASKS {
        thread.add(1).await?;
        process.add(1).await?;
    }
    let pid = process.info().await?.actor.pid;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let all = [std::process::id(), pid];
    let computed = || all.map(proc::computed).iter().sum::<Duration>();
    let (begun, before) = (Instant::now(), computed());
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (idle, computed) = (begun.elapsed(), computed() - before);
    println!("computed {computed:?} in {idle:?}");
    // It is to be a thousandth.
    assert!(computed < idle / 100, "{computed:?} in {idle:?}");
    drop((thread, process));
    Ok(())
}
