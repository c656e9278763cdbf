//! A random walk between 0 and 1. Knows nothing of who watches it.

use std::hash::{BuildHasher, RandomState};

/// Goes a step at each call, back towards the middle a little more often than not.
#[derive(Debug)]
pub(crate) struct Walk {
    seed: u64,
    at: f64,
    speed: f64,
}

impl Walk {
    /// One that no other is like.
    pub(crate) fn new() -> Self {
        Self { seed: RandomState::new().hash_one(std::process::id()) | 1, at: 0.5, speed: 0.0 }
    }

    /// A number between -1 and 1 (xorshift64*).
    fn chance(&mut self) -> f64 {
        self.seed ^= self.seed >> 12;
        self.seed ^= self.seed << 25;
        self.seed ^= self.seed >> 27;
        let high = self.seed.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        high as f64 / f64::from(u32::MAX) * 2.0 - 1.0
    }
}

impl Iterator for Walk {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        self.speed = 0.92 * self.speed + 0.003 * self.chance() + 0.0008 * (0.5 - self.at);
        self.at = (self.at + self.speed).clamp(0.0, 1.0);
        // Four digits are more than a screen shows.
        Some((self.at * 1e4).round() / 1e4)
    }
}
