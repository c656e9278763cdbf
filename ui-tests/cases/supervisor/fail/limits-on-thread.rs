use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    #[child(thread, memory = "512MiB", nofile = 10, nice = 5)]
    cache: Cache,
}

fn main() {}
