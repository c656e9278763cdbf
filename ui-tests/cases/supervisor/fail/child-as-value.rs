use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    #[child = "cache"]
    cache: Cache,
}

fn main() {}
