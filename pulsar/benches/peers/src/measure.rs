//! The workloads over whatever can be told and asked: each system is measured by the same lines. Knows no system.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{Notify, oneshot};

use crate::job::Figure;
use crate::{loops, memory};

/// What adds up the numbers that it is told.
pub trait Tell: Clone + 'static {
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

/// How long a message to another process is, and a long one.
pub const FRAME: usize = 32;
pub const BULK: usize = 64 << 10;

/// A number as such a message.
pub fn frame(n: u64) -> [u8; FRAME] {
    let mut frame = [7; FRAME];
    frame[..8].copy_from_slice(&n.to_le_bytes());
    frame
}

/// The number in it.
pub fn number(frame: &[u8]) -> u64 {
    frame.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Whoever is asked this panics.
pub const FALL: u64 = u64::MAX;

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

/// Nothing but instructions is counted: valgrind has no place for the clock of the processor.
pub static COUNTING: AtomicBool = AtomicBool::new(false);

/// The processor time of all threads of this process.
fn worked() -> Duration {
    if COUNTING.load(Ordering::Relaxed) {
        return Duration::ZERO;
    }
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
pub async fn fan_in<T: Tell + Send>(counter: T, count: u64) -> Figure {
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

/// How many actors of [`spawns`] there are.
static ALIVE: AtomicU64 = AtomicU64::new(0);

/// Part of an actor's state: so it is known when it has ended.
pub struct Alive;

impl Default for Alive {
    fn default() -> Self {
        ALIVE.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        if ALIVE.fetch_sub(1, Ordering::Relaxed) == 1 {
            ARRIVED.notify_one();
        }
    }
}

/// Makes so many, asks each once, stops all and waits until they have ended. The memory is that of actors which have been asked, with
/// what is held of each to reach it.
pub async fn spawns<T>(
    count: u64,
    start: impl AsyncFn() -> T,
    ask: impl AsyncFn(&T, u64) -> u64,
    stop: impl AsyncFn(T),
) -> Figure {
    // Once before: what is made once is not counted a thousand times.
    let mut actors = Vec::with_capacity(count as usize);
    stop(start().await).await;
    ARRIVED.notified().await;
    let before = memory::resident();
    let watch = Watch::start();
    for _ in 0..count {
        actors.push(start().await);
    }
    let made = watch.stop(count);
    let watch = Watch::start();
    for (n, actor) in actors.iter().enumerate() {
        assert_eq!(ask(actor, n as u64).await, n as u64 + 1);
    }
    let asked = watch.stop(count);
    let bytes = memory::resident().saturating_sub(before) as f64 / count as f64;
    let watch = Watch::start();
    for actor in actors {
        stop(actor).await;
    }
    ARRIVED.notified().await;
    let stopped = watch.stop(count);
    let cpu = made.cpu + asked.cpu + stopped.cpu;
    Figure { cpu, bytes: Some(bytes), ask: Some(asked.ns), stop: Some(stopped.ns), ..made }
}

/// Does it over and over; what it returns is how long it took.
pub async fn each(rounds: u64, work: impl AsyncFn() -> Duration) -> Figure {
    let mut nanos = Vec::with_capacity(rounds as usize);
    let worked = worked();
    for _ in 0..rounds {
        nanos.push(work().await.as_nanos() as u64);
    }
    let cpu = Watch { began: Instant::now(), worked }.stop(rounds).cpu;
    Figure { cpu, ..Figure::of_each(nanos) }
}
