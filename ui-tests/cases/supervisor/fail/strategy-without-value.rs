use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor(strategy)]
struct Site {
    #[child]
    cache: Cache,
}

fn main() {}
