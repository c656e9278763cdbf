//! Nothing but tokio: its mpsc, and a oneshot for an answer. The floor of most workloads.

use std::cell::RefCell;
use std::time::Instant;

use tokio::sync::{Mutex, mpsc, oneshot};

use crate::job::{Figure, Job, Place, Shape};
use crate::loops::{self, Hosted};
use crate::measure::{self, Alive, Ask, Tell};
use crate::memory;

const MAILBOX: usize = 1024;

pub fn run(job: Job) -> Option<Figure> {
    match (job.shape, job.place) {
        (Shape::Tell, place) => {
            let (sender, receiver) = mpsc::channel(MAILBOX);
            let (done, counted) = oneshot::channel();
            let _there = there(place, async move {
                let _ = done.send(count_all(receiver).await);
            });
            Some(loops::on_loop(measure::tells(Counter { sender, counted: Counted::new(counted) }, job.count)))
        }
        (Shape::FanIn, place) => {
            let (sender, receiver) = mpsc::channel(MAILBOX);
            let (done, counted) = oneshot::channel();
            let _there = there(place, async move {
                let _ = done.send(count_all(receiver).await);
            });
            Some(loops::on_loop(measure::fan_in(Counter { sender, counted: Counted::new(counted) }, job.count)))
        }
        (Shape::Ask, Place::One) => Some(loops::on_loop(async {
            let asked = start();
            measure::asks(&asked, job.count, false).await
        })),
        (Shape::Ask, place) => {
            let there = loops::hosted(place.there(), async || start());
            Some(loops::on_loop(measure::asks(&there.value, job.count, true)))
        }
        (Shape::InFlight, place) => {
            let there = loops::hosted(place.there(), async || start());
            Some(loops::on_loop(measure::in_flight(&there.value, job.count)))
        }
        (Shape::Ring, _) => Some(loops::on_loop(ring(job.count))),
        (Shape::Spawn, _) => Some(loops::on_loop(spawns(job.count))),
        (Shape::Panic, _) => Some(loops::on_loop(panics(job.count))),
        (Shape::Threads, _) => Some(threads(job.count)),
        _ => None,
    }
}

/// Work on the other thread.
fn there(place: Place, work: impl Future<Output = ()> + Send + 'static) -> Hosted<()> {
    loops::hosted(place.there(), async move || {
        tokio::spawn(work);
    })
}

async fn count_all(mut receiver: mpsc::Receiver<u64>) -> u64 {
    let mut total = 0;
    while let Some(n) = receiver.recv().await {
        total += n;
    }
    total
}

/// A sender, and the sum, for whoever has the last.
#[derive(Clone)]
struct Counter {
    sender: mpsc::Sender<u64>,
    counted: Counted,
}

/// Held by all clones; taken by the one that wants the sum.
#[derive(Clone)]
struct Counted(std::sync::Arc<std::sync::Mutex<Option<oneshot::Receiver<u64>>>>);

impl Counted {
    fn new(receiver: oneshot::Receiver<u64>) -> Self {
        Self(std::sync::Arc::new(std::sync::Mutex::new(Some(receiver))))
    }
}

impl Tell for Counter {
    async fn tell(&self, n: u64) {
        let _ = self.sender.send(n).await;
    }

    async fn sum(self, _: u64) -> u64 {
        drop(self.sender);
        let counted = self.counted.0.lock().expect("nobody panics").take();
        counted.expect("asked once").await.expect("the sum comes")
    }
}

type Question = (u64, oneshot::Sender<u64>);

#[derive(Clone)]
struct Asked(mpsc::Sender<Question>);

impl Ask for Asked {
    async fn ask(&self, n: u64) -> u64 {
        let (reply, answer) = oneshot::channel();
        let _ = self.0.send((n, reply)).await;
        answer.await.expect("an answer")
    }
}

fn start() -> Asked {
    let (sender, mut receiver) = mpsc::channel::<Question>(MAILBOX);
    tokio::spawn(async move {
        while let Some((n, reply)) = receiver.recv().await {
            let _ = reply.send(n + 1);
        }
    });
    Asked(sender)
}

async fn ring(hops: u64) -> Figure {
    let (first, mut last) = mpsc::channel::<u64>(MAILBOX);
    let mut next = first.clone();
    for _ in 1..measure::RING {
        let (sender, receiver) = mpsc::channel(MAILBOX);
        tokio::spawn(member(receiver, next));
        next = sender;
    }
    // The first of the ring is the last that was made a member.
    tokio::spawn(async move {
        while let Some(left) = last.recv().await {
            pass(left, &next).await;
        }
    });
    measure::ring(hops, async |hops| {
        let _ = first.send(hops).await;
    })
    .await
}

async fn member(mut receiver: mpsc::Receiver<u64>, next: mpsc::Sender<u64>) {
    while let Some(left) = receiver.recv().await {
        pass(left, &next).await;
    }
}

async fn pass(left: u64, next: &mpsc::Sender<u64>) {
    if left == 0 {
        measure::ARRIVED.notify_one();
    } else {
        let _ = next.send(left - 1).await;
    }
}

async fn spawns(count: u64) -> Figure {
    let start = async || {
        let (sender, mut receiver) = mpsc::channel::<Question>(MAILBOX);
        let alive = Alive::default();
        tokio::spawn(async move {
            let _alive = alive;
            while let Some((n, reply)) = receiver.recv().await {
                let _ = reply.send(n + 1);
            }
        });
        Asked(sender)
    };
    measure::spawns(count, start, async |asked, n| asked.ask(n).await, async |asked| drop(asked)).await
}

/// A loop that starts a task again when it has panicked, and says how the new one is reached.
async fn panics(count: u64) -> Figure {
    std::panic::set_hook(Box::new(|_| {}));
    let (started, next) = mpsc::channel(1);
    tokio::spawn(async move {
        loop {
            let (sender, mut receiver) = mpsc::channel::<Question>(MAILBOX);
            let task = tokio::spawn(async move {
                while let Some((n, reply)) = receiver.recv().await {
                    assert_ne!(n, measure::FALL, "as told");
                    let _ = reply.send(n + 1);
                }
            });
            if started.send(Asked(sender)).await.is_err() {
                return;
            }
            let _ = task.await;
        }
    });
    let next = Mutex::new(next);
    let another = async || next.try_lock().expect("one at a time").recv().await.expect("it is started again");
    let asked = RefCell::new(another().await);
    let round = async || {
        let fallen = asked.borrow().clone();
        let began = Instant::now();
        let _ = fallen.0.send((measure::FALL, oneshot::channel().0)).await;
        let successor = another().await;
        successor.ask(1).await;
        let took = began.elapsed();
        asked.replace(successor);
        took
    };
    measure::each(count, round).await
}

fn threads(count: u64) -> Figure {
    let before = memory::proportional(std::process::id());
    let threads: Vec<_> = (0..count).map(|_| loops::hosted(None, async || start())).collect();
    let grown = memory::proportional(std::process::id()).saturating_sub(before);
    drop(threads);
    Figure { bytes: Some(grown as f64 / count as f64), ..Figure::default() }
}
