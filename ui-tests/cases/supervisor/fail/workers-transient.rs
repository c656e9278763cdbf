use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    #[child(workers = 4, restart = transient)]
    cache: Cache,
}

fn main() {}
