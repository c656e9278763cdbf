//! The workloads over whatever can be told and asked: each system is measured by the same lines. Knows no system.

use std::future::Future;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{Notify, oneshot};

use crate::job::Figure;
use crate::loops;

/// What adds up the numbers that it is told.
pub trait Tell: Clone + Send + 'static {
    /// Waits for room where there is a bound, and for nothing else.
    fn tell(&self, n: u64) -> impl Future<Output = ()>;
    /// The sum of all that was told, which is to be `expected`.
    fn sum(self, expected: u64) -> impl Future<Output = u64>;
}

/// What answers.
pub trait Ask: Clone + 'static {
    /// The number, and one more.
    fn ask(&self, n: u64) -> impl Future<Output = u64>;
}

/// How many asks are under way at once.
pub const IN_FLIGHT: u64 = 256;

/// How many senders there are.
pub const SENDERS: u64 = 8;

/// How many actors stand in a ring.
pub const RING: usize = 1000;

/// What the last in a ring calls.
pub static ARRIVED: Notify = Notify::const_new();

/// Time as the wall and as the processor count it.
pub struct Watch {
    began: Instant,
    worked: Duration,
}

impl Watch {
    pub fn start() -> Self {
        Self { began: Instant::now(), worked: worked() }
    }

    /// So many operations were done since.
    pub fn stop(self, count: u64) -> Figure {
        let (took, worked) = (self.began.elapsed(), worked().saturating_sub(self.worked));
        let each = |time: Duration| time.as_nanos() as f64 / count.max(1) as f64;
        Figure { ns: each(took), cpu: each(worked), ..Figure::default() }
    }
}

/// The processor time of all threads of this process.
fn worked() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

pub async fn tells<T: Tell>(counter: T, count: u64) -> Figure {
    let watch = Watch::start();
    for _ in 0..count {
        counter.tell(1).await;
    }
    let sum = counter.sum(count).await;
    let figure = watch.stop(count);
    assert_eq!(sum, count, "every message is counted");
    figure
}

/// Asks one after the other; `each` is timed where an ask takes long enough for that not to matter.
pub async fn asks<T: Ask>(counter: &T, count: u64, each: bool) -> Figure {
    for n in 0..count / 10 {
        assert_eq!(counter.ask(n).await, n + 1);
    }
    if each {
        let mut nanos = Vec::with_capacity(count as usize);
        let watch = Watch::start();
        for n in 0..count {
            let began = Instant::now();
            assert_eq!(counter.ask(n).await, n + 1);
            nanos.push(began.elapsed().as_nanos() as u64);
        }
        return Figure { cpu: watch.stop(count).cpu, ..Figure::of_each(nanos) };
    }
    let watch = Watch::start();
    for n in 0..count {
        assert_eq!(counter.ask(n).await, n + 1);
    }
    watch.stop(count)
}

/// 256 askers on this loop, each of which asks again when it is answered.
pub async fn in_flight<T: Ask>(counter: &T, count: u64) -> Figure {
    let asker = async |count: u64| {
        for n in 0..count {
            assert_eq!(counter.ask(n).await, n + 1);
        }
    };
    let all = async |count: u64| {
        let mut askers: FuturesUnordered<_> = (0..IN_FLIGHT).map(|_| asker(count / IN_FLIGHT)).collect();
        while askers.next().await.is_some() {}
    };
    all(count / 10).await;
    let watch = Watch::start();
    all(count).await;
    watch.stop(count / IN_FLIGHT * IN_FLIGHT)
}

/// Eight threads tell one counter.
pub async fn fan_in<T: Tell>(counter: T, count: u64) -> Figure {
    let line = Arc::new(Barrier::new(SENDERS as usize + 1));
    let mut done = Vec::new();
    for _ in 0..SENDERS {
        let (counter, line) = (counter.clone(), line.clone());
        let (sender, receiver) = oneshot::channel();
        done.push(receiver);
        std::thread::spawn(move || {
            loops::on_loop(async move {
                line.wait();
                for _ in 0..count / SENDERS {
                    counter.tell(1).await;
                }
            });
            let _ = sender.send(());
        });
    }
    line.wait();
    let watch = Watch::start();
    for sender in done {
        let _ = sender.await;
    }
    let sum = counter.sum(count).await;
    let figure = watch.stop(count);
    assert_eq!(sum, count, "every message is counted");
    figure
}

/// How long until what was sent round has arrived.
pub async fn ring(hops: u64, send: impl AsyncFnOnce(u64)) -> Figure {
    let watch = Watch::start();
    send(hops).await;
    ARRIVED.notified().await;
    watch.stop(hops)
}
