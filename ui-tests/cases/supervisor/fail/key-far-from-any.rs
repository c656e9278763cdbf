use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor(colour = 1)]
struct Site {
    #[child]
    cache: Cache,
}

fn main() {}
