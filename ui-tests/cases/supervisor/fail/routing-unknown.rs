use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    #[child(workers = 4, routing = round_robbin)]
    cache: Cache,
}

fn main() {}
