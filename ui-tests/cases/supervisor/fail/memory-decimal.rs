use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    #[child(process, memory = "512MB")]
    cache: Cache,
}

fn main() {}
