use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor(restarts = -1)]
struct Site {
    #[child]
    cache: Cache,
}

fn main() {}
