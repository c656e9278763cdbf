//! What is generated satisfies a strict crate, also what nobody uses.

#![deny(warnings, missing_docs, missing_debug_implementations, unused_qualifications, unreachable_code)]
#![forbid(unsafe_code)]

use pulsar::prelude::*;

/// Keeps things.
#[actor]
#[derive(Debug)]
pub struct Cache {}

#[actor]
impl Cache {}

#[actor]
#[derive(Debug)]
struct Hidden {}

#[actor]
impl Hidden {}

/// Everything.
#[supervisor]
#[derive(Debug)]
pub struct Site {
    /// The cache.
    #[child]
    pub cache: Cache,
    #[child(workers = 2)]
    undocumented: Cache,
    #[child(thread)]
    hidden: Hidden,
    #[child]
    #[deprecated(note = "ask `cache`")]
    former: Cache,
}

#[supervisor(restarts = 3)]
#[derive(Debug)]
struct Unused {
    #[child]
    site: Site,
}

fn main() {}
