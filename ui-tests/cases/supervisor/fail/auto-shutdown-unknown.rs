use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor(auto_shutdown = any)]
struct Site {
    #[child(significant, restart = transient)]
    cache: Cache,
}

fn main() {}
