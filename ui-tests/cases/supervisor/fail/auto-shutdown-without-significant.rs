use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor(auto_shutdown = all_significant)]
struct Site {
    #[child]
    cache: Cache,
}

fn main() {}
