use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor(strategy = supervise)]
struct Site {
    #[child]
    cache: Cache,
}

fn main() {}
