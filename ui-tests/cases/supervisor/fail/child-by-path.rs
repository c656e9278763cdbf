use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    #[pulsar::child(worker = 4)]
    cache: Cache,
}

fn main() {}
