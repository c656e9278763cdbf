use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    #[child(shutdown = "30 seconds")]
    cache: Cache,
}

fn main() {}
