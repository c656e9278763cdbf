use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    #[child(max_messages = 1000, max_age = "1h", max_memory = "300MiB")]
    cache: Cache,
}

fn main() {}
