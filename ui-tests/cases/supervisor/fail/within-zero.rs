use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor(within = "0s")]
struct Site {
    #[child]
    cache: Cache,
}

fn main() {}
