use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor(within = 30)]
struct Site {
    #[child]
    cache: Cache,
}

fn main() {}
