use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    #[child(backoff = "30s..100ms")]
    cache: Cache,
}

fn main() {}
