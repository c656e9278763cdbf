//! Nothing but tokio: its mpsc, and a oneshot for an answer. The floor of most workloads.

use tokio::sync::{mpsc, oneshot};

use crate::job::{Figure, Job, Place, Shape};
use crate::loops::{self, Hosted};
use crate::measure::{self, Ask, Tell};

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
