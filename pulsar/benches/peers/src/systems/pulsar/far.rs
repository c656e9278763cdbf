//! pulsar, across processes.

use std::time::{Duration, Instant};

use bytes::Bytes;
use pulsar::prelude::*;
use rustix::process::{Pid, Signal, kill_process};

use crate::job::{Figure, Job, Shape};
use crate::measure::{self, Ask, BULK, FRAME, Tell};
use crate::{loops, memory};

/// How long an end may take at all.
const SOON: Duration = Duration::from_secs(20);

pub async fn measured(shape: Shape, job: Job) -> Result<Figure> {
    let there = || Far::new(job.place.there()).spawn();
    Ok(match shape {
        Shape::FarAsk => measure::asks(&there().await?, job.count, true).await,
        Shape::FarInFlight => measure::in_flight(&there().await?, job.count).await,
        Shape::FarTell => measure::tells(there().await?, job.count).await,
        Shape::FarBulk => {
            let message = Bytes::from(vec![7; BULK]);
            measure::tells(Bulk { far: there().await?, message }, job.count).await
        }
        Shape::Boot => boots(job.count).await,
        Shape::Restart => restarts(job.count).await?,
        Shape::Processes => processes(job.count).await?,
        _ => return Err(Error::msg("it does nothing of the kind")),
    })
}

/// Adds up, in another process.
#[actor]
struct Far {
    /// Where it is pinned to.
    core: Option<usize>,
    #[state]
    total: u64,
}

#[actor]
impl Far {
    #[hook]
    fn start(&mut self) {
        loops::pin(self.core);
    }

    #[command]
    fn plus(&mut self, frame: [u8; FRAME]) {
        self.total += measure::number(&frame);
    }

    #[command]
    fn following(&mut self, frame: [u8; FRAME]) -> [u8; FRAME] {
        measure::frame(measure::number(&frame) + 1)
    }

    #[command]
    fn bulk(&mut self, message: Bytes) {
        self.total += u64::from(message.len() == BULK);
    }

    #[command]
    fn sum(&mut self) -> u64 {
        self.total
    }

    /// Its process, and which of its lives this is.
    #[command]
    fn place(&self, cx: &mut Context<Self>) -> (u32, u32) {
        (std::process::id(), cx.incarnation())
    }
}

impl Tell for FarProxy {
    async fn tell(&self, n: u64) {
        let _ = self.plus(measure::frame(n)).tell().await;
    }

    async fn sum(self, _: u64) -> u64 {
        FarProxy::sum(&self).timeout(Duration::from_secs(60)).await.expect("the sum comes")
    }
}

impl Ask for FarProxy {
    async fn ask(&self, n: u64) -> u64 {
        measure::number(&self.following(measure::frame(n)).await.expect("an answer"))
    }
}

#[derive(Clone)]
struct Bulk {
    far: FarProxy,
    message: Bytes,
}

impl Tell for Bulk {
    async fn tell(&self, _: u64) {
        let _ = self.far.bulk(self.message.clone()).tell().await;
    }

    async fn sum(self, expected: u64) -> u64 {
        Tell::sum(self.far, expected).await
    }
}

async fn boots(count: u64) -> Figure {
    let round = async || {
        let began = Instant::now();
        let far = Far::new(None).spawn().await.expect("it starts");
        let took = began.elapsed();
        far.stop().await.expect("it stops");
        took
    };
    measure::each(count, round).await
}

async fn restarts(count: u64) -> Result<Figure> {
    // What would be said of each death is not what is measured.
    tracing::subscriber::set_global_default(tracing::subscriber::NoSubscriber::new())?;
    let far = Far::new(None).with(|params| {
        params.intensity = None;
        params.backoff = (Duration::ZERO, Duration::ZERO);
    });
    let far = far.spawn().await?;
    let round = async || {
        let (pid, incarnation) = far.place().await.expect("it is there");
        // Nothing is under way any more.
        tokio::time::sleep(Duration::from_millis(5)).await;
        let began = Instant::now();
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a process");
        kill_process(pid, Signal::KILL).expect("it is there");
        loop {
            match far.place().timeout(SOON).await {
                Ok((_, next)) if next > incarnation => return began.elapsed(),
                // The question reached the one that was killed.
                _ => {}
            }
        }
    };
    Ok(measure::each(count, round).await)
}

async fn processes(count: u64) -> Result<Figure> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(Far::new(None).spawn().await?);
    }
    let mut bytes = 0;
    for far in &all {
        bytes += memory::proportional(far.place().await?.0);
    }
    Ok(Figure { bytes: Some(bytes as f64 / count as f64), ..Figure::default() })
}
