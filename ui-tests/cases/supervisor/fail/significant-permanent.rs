use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor(auto_shutdown = any_significant)]
struct Site {
    #[child(significant, restart = permanent)]
    cache: Cache,
}

fn main() {}
