//! The table: owns the forks, who waits for them, and how often each seat has eaten. Knows nothing of what is done with them.
//!
//! Whoever sits at a seat may die at any time, with forks in hand or on the way: what an earlier life of a seat asks is void once
//! the next has sat down.

use std::collections::VecDeque;

use pulsar::prelude::*;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

/// Fork `n` lies between seats `n` and `n + 1`.
#[actor]
pub(crate) struct Table {
    seats: usize,
    #[state]
    holders: Vec<usize>,
    #[state]
    waiting: VecDeque<(usize, oneshot::Sender<()>)>,
    #[state]
    ledger: Ledger,
}

/// What happened at the table.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ledger {
    /// How often each seat has eaten.
    pub(crate) eaten: Vec<u64>,
    /// Which life sits there.
    pub(crate) lives: Vec<u32>,
    /// How often both forks were given.
    pub(crate) granted: u64,
    /// How often they came back without a meal, from someone who had died.
    pub(crate) broken_off: u64,
}

#[actor]
impl Table {
    #[hook]
    fn start(&mut self) {
        self.ledger.eaten.resize(self.seats, 0);
        self.ledger.lives.resize(self.seats, 0);
    }

    /// Sits down, and so gives back what an earlier life of the seat held or waited for. Answers how often it has eaten.
    #[command]
    fn sit(&mut self, seat: usize, life: u32) -> u64 {
        if self.holders.contains(&seat) {
            self.ledger.broken_off += 1;
        }
        self.ledger.lives[seat] = life;
        self.give_back(seat);
        self.ledger.eaten[seat]
    }

    /// Takes the forks on both sides of a seat, once both are free.
    #[command]
    fn take_both(&mut self, cx: &mut Context<Self>, seat: usize, life: u32) -> Deferred<bool> {
        let (ready, turn) = oneshot::channel();
        if self.ledger.lives[seat] == life {
            self.waiting.push_back((seat, ready));
            self.serve();
        }
        // The sender is dropped where the next life has sat down.
        cx.defer(async move { turn.await.is_ok() })
    }

    /// Puts the forks of a seat back after a meal. Answers how often it has eaten.
    #[command]
    fn put_back(&mut self, seat: usize, life: u32) -> u64 {
        if self.ledger.lives[seat] == life && self.holders.contains(&seat) {
            self.ledger.eaten[seat] += 1;
            self.give_back(seat);
        }
        self.ledger.eaten[seat]
    }

    /// What happened up to now.
    #[command]
    fn ledger(&self) -> Ledger {
        self.ledger.clone()
    }
}

impl Table {
    fn give_back(&mut self, seat: usize) {
        self.holders.retain(|holder| *holder != seat);
        self.waiting.retain(|(waiting, _)| *waiting != seat);
        self.serve();
    }

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
                self.ledger.granted += 1;
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
