//! crossbeam's channels between threads that block: what a queue alone costs.

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::job::{Figure, Job, Shape};
use crate::loops;
use crate::measure::{self, Tell};

const MAILBOX: usize = 1024;

pub fn run(job: Job) -> Option<Figure> {
    let (sender, receiver) = bounded(MAILBOX);
    let (done, counted) = bounded(1);
    let core = job.place.there();
    let there = move || {
        loops::pin(core);
        let _ = done.send(receiver.iter().sum());
    };
    let counter = Counter { sender, counted };
    match job.shape {
        Shape::Tell => {
            std::thread::spawn(there);
            Some(loops::on_loop(measure::tells(counter, job.count)))
        }
        Shape::FanIn => {
            std::thread::spawn(there);
            Some(loops::on_loop(measure::fan_in(counter, job.count)))
        }
        _ => None,
    }
}

#[derive(Clone)]
struct Counter {
    sender: Sender<u64>,
    counted: Receiver<u64>,
}

impl Tell for Counter {
    async fn tell(&self, n: u64) {
        let _ = self.sender.send(n);
    }

    async fn sum(self, _: u64) -> u64 {
        drop(self.sender);
        self.counted.recv().expect("the sum comes")
    }
}
