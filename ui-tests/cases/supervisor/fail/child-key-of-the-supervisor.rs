use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    #[child(strategy = one_for_all)]
    cache: Cache,
}

fn main() {}
