use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor(shutdown = "5s")]
struct Site {
    #[child]
    cache: Cache,
}

fn main() {}
