//! pulsar, in one process.

mod far;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use pulsar::prelude::*;

use crate::job::{Figure, Job, Place, Shape};
use crate::measure::{self, Alive, Ask, Tell};
use crate::{loops, memory};

/// Runs it as a program of its own would, and hands on what came out.
pub fn run(job: Job) -> Option<Figure> {
    let (sender, receiver) = std::sync::mpsc::channel();
    if job.shape == Shape::Panic {
        std::panic::set_hook(Box::new(|_| {}));
    }
    let code = pulsar::run(move || async move {
        loops::pin(job.place.here());
        let figure = measured(job).await?;
        let _ = sender.send(figure);
        Ok::<_, Error>(())
    });
    if code == ExitCode::SUCCESS { receiver.recv().ok() } else { None }
}

async fn measured(job: Job) -> Result<Figure> {
    let there = || Counter::new(job.place.there()).on(Kind::Thread).spawn();
    Ok(match (job.shape, job.place) {
        (Shape::Tell, _) => measure::tells(there().await?, job.count).await,
        (Shape::FanIn, _) => measure::fan_in(there().await?, job.count).await,
        (Shape::Ask, Place::One) => {
            let counter = Counter::new(None).on(Kind::Task).spawn().await?;
            measure::asks(&counter, job.count, false).await
        }
        (Shape::Ask, _) => measure::asks(&there().await?, job.count, true).await,
        (Shape::InFlight, _) => measure::in_flight(&there().await?, job.count).await,
        (Shape::Ring, _) => ring(job.count).await?,
        (Shape::Spawn, _) => spawns(job.count).await,
        (Shape::Panic, _) => panics(job.count).await?,
        (Shape::Threads, _) => threads(job.count).await?,
        (shape, _) => far::measured(shape, job).await?,
    })
}

/// Adds up.
#[actor]
struct Counter {
    /// Where its thread is pinned to.
    core: Option<usize>,
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[hook]
    fn start(&mut self) {
        loops::pin(self.core);
    }

    #[command]
    fn plus(&mut self, n: u64) {
        self.total += n;
    }

    #[command]
    fn following(&mut self, n: u64) -> u64 {
        n + 1
    }

    #[command]
    fn sum(&mut self) -> u64 {
        self.total
    }
}

impl Tell for CounterProxy {
    async fn tell(&self, n: u64) {
        let _ = self.plus(n).tell().await;
    }

    async fn sum(self, _: u64) -> u64 {
        CounterProxy::sum(&self).timeout(Duration::from_secs(60)).await.expect("the sum comes")
    }
}

impl Ask for CounterProxy {
    async fn ask(&self, n: u64) -> u64 {
        self.following(n).await.expect("an answer")
    }
}

/// One of a ring.
#[actor(task)]
struct Member {
    #[state]
    next: Option<MemberProxy>,
}

#[actor]
impl Member {
    #[command]
    fn join(&mut self, next: MemberProxy) {
        self.next = Some(next);
    }

    #[command]
    fn hop(&mut self, left: u64) {
        match &self.next {
            Some(next) if left > 0 => drop(next.hop(left - 1).try_tell()),
            _ => measure::ARRIVED.notify_one(),
        }
    }
}

async fn ring(hops: u64) -> Result<Figure> {
    let mut members = Vec::new();
    for _ in 0..measure::RING {
        members.push(Member::new().spawn().await?);
    }
    for (at, member) in members.iter().enumerate() {
        member.join(members[(at + 1) % members.len()].clone()).await?;
    }
    Ok(measure::ring(hops, async |hops| drop(members[0].hop(hops).tell().await)).await)
}

/// One of many.
#[actor(task)]
struct Soldier {
    #[state]
    _alive: Alive,
}

#[actor]
impl Soldier {
    #[command]
    fn following(&mut self, n: u64) -> u64 {
        n + 1
    }
}

async fn spawns(count: u64) -> Figure {
    let start = async || Soldier::new().spawn().await.expect("it starts");
    let ask = async |soldier: &SoldierProxy, n| soldier.following(n).await.expect("an answer");
    let stop = async |soldier: SoldierProxy| soldier.stop().await.expect("it stops");
    measure::spawns(count, start, ask, stop).await
}

/// Falls when it is told to.
#[actor(task)]
struct Faller {}

#[actor]
impl Faller {
    #[command]
    fn following(&mut self, n: u64) -> u64 {
        assert_ne!(n, measure::FALL, "as told");
        n + 1
    }
}

/// Supervised, as often as it takes: the same proxy reaches the successor.
async fn panics(count: u64) -> Result<Figure> {
    // What would be said of each death is not what is measured.
    tracing::subscriber::set_global_default(tracing::subscriber::NoSubscriber::new())?;
    let faller = Faller::new().with(|params| {
        params.intensity = None;
        params.backoff = (Duration::ZERO, Duration::ZERO);
    });
    let faller = faller.spawn().await?;
    let round = async || {
        let began = Instant::now();
        let _ = faller.following(measure::FALL).tell().await;
        while faller.following(1).await.is_err() {}
        began.elapsed()
    };
    Ok(measure::each(count, round).await)
}

async fn threads(count: u64) -> Result<Figure> {
    let before = memory::proportional(std::process::id());
    let mut counters = Vec::new();
    for _ in 0..count {
        counters.push(Counter::new(None).on(Kind::Thread).spawn().await?);
    }
    let grown = memory::proportional(std::process::id()).saturating_sub(before);
    Ok(Figure { bytes: Some(grown as f64 / count as f64), ..Figure::default() })
}
