use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    /// Keeps things.
    cache: Cache,
}

fn main() {}
