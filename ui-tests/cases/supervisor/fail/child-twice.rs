use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    #[child(thread)]
    #[child(workers = 2)]
    cache: Cache,
}

fn main() {}
