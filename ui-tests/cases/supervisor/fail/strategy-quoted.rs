use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor(strategy = "one_for_all")]
struct Site {
    #[child]
    cache: Cache,
}

fn main() {}
