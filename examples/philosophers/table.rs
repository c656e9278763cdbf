//! The table: owns the forks, and who waits for them. Knows nothing of what is done with them.

use std::collections::VecDeque;

use pulsar::prelude::*;
use tokio::sync::oneshot;

/// Fork `n` lies between seats `n` and `n + 1`.
#[actor]
pub(crate) struct Table {
    seats: usize,
    #[state]
    holders: Vec<usize>,
    #[state]
    waiting: VecDeque<(usize, oneshot::Sender<()>)>,
}

#[actor]
impl Table {
    /// Takes the forks on both sides of a seat, once both are free.
    #[command]
    fn take_both(&mut self, cx: &mut Context<Self>, seat: usize) -> Deferred<()> {
        let (ready, turn) = oneshot::channel();
        self.waiting.push_back((seat, ready));
        self.serve();
        cx.defer(async move {
            // The sender is only dropped by `put_back` of this very seat: its philosopher no longer waits.
            let _ = turn.await;
        })
    }

    /// Puts the forks of a seat back, or no longer waits for them.
    #[command]
    fn put_back(&mut self, seat: usize) {
        self.holders.retain(|holder| *holder != seat);
        self.waiting.retain(|(waiting, _)| *waiting != seat);
        self.serve();
    }
}

impl Table {
    /// Gives forks to all who can have both, in the order in which they asked. Who must wait keeps its forks from those
    /// behind it.
    fn serve(&mut self) {
        let mut claimed: Vec<usize> = self.holders.clone();
        for (seat, ready) in std::mem::take(&mut self.waiting) {
            let free = claimed.iter().all(|other| !self.neighbours(seat, *other));
            if !free {
                self.waiting.push_back((seat, ready));
            } else if ready.send(()).is_ok() {
                self.holders.push(seat);
            } else {
                continue; // Gave up waiting, so it claims nothing.
            }
            claimed.push(seat);
        }
    }

    /// Whether two seats share a fork.
    fn neighbours(&self, one: usize, other: usize) -> bool {
        let apart = one.abs_diff(other);
        apart <= 1 || apart == self.seats - 1
    }
}
