use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    #[child(routing = round_robin)]
    cache: Cache,
}

fn main() {}
