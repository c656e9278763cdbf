use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

struct Site {
    #[child]
    cache: Cache,
}

fn main() {}
