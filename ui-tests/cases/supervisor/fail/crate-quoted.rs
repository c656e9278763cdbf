use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor(crate = "pulsar")]
struct Site {
    #[child]
    cache: Cache,
}

fn main() {}
