use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor(new = 0)]
struct Site {
    #[child]
    cache: Cache,
}

fn main() {}
