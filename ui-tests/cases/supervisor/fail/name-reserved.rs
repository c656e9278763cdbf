use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    #[child(name = "arbiter")]
    cache: Cache,
}

fn main() {}
