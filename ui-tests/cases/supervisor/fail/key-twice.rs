use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor(restarts = 5, restarts = 6)]
struct Site {
    #[child]
    cache: Cache,
}

fn main() {}
