use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    #[child(restart = always)]
    cache: Cache,
}

fn main() {}
