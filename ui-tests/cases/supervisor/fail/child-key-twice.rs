use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    #[child(workers = 4, workers = 5)]
    cache: Cache,
}

fn main() {}
