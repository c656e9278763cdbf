//! What is generated satisfies a strict crate.

#![deny(warnings, missing_docs, missing_debug_implementations, unused_qualifications, unreachable_code)]
#![forbid(unsafe_code)]

use pulsar::prelude::*;

/// Counts.
#[actor]
#[derive(Debug)]
pub struct Counter {
    start: u64,
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[hook]
    fn start(&mut self) {
        self.total = self.start;
    }

    /// Adds `n`.
    #[command]
    pub fn add(&mut self, n: u64) -> u64 {
        self.total += n;
        self.total
    }

    #[command]
    fn undocumented(&mut self) {}
}

/// Says nothing.
#[actor]
#[derive(Debug)]
pub struct Quiet;

#[actor]
impl Quiet {}

/// Greets.
#[command]
pub fn greet(_: &mut Context, name: String) -> String {
    name
}

#[command]
fn never_called(_: &mut Context) {}

fn main() {}
