use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    #[child(workers = 1, max_messages = 0, max_age = "10ms", max_memory = "0B")]
    cache: Cache,
}

fn main() {}
