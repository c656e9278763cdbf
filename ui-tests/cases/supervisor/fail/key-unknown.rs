use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor(strateggy = one_for_one)]
struct Site {
    #[child]
    cache: Cache,
}

fn main() {}
