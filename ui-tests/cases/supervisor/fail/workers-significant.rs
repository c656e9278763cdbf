use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor(auto_shutdown = any_significant)]
struct Site {
    #[child(workers = 4, significant)]
    cache: Cache,
}

fn main() {}
