use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor(auto_shutdown = any_significant)]
struct Site {
    #[child(significant = true, restart = transient)]
    cache: Cache,
}

fn main() {}
