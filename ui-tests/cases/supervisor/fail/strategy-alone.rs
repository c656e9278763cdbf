use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor(rest_for_one)]
struct Site {
    #[child]
    cache: Cache,
}

fn main() {}
