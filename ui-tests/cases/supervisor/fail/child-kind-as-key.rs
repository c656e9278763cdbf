use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    #[child(kind = thread)]
    cache: Cache,
}

fn main() {}
