//! pulsar.

use std::process::ExitCode;
use std::time::Duration;

use pulsar::prelude::*;

use crate::job::{Figure, Job, Place, Shape};
use crate::loops;
use crate::measure::{self, Ask, Tell};

/// Runs it as a program of its own would, and hands on what came out.
pub fn run(job: Job) -> Option<Figure> {
    let (sender, receiver) = std::sync::mpsc::channel();
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
