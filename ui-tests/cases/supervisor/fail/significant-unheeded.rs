use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    #[child(significant, restart = transient)]
    cache: Cache,
}

fn main() {}
