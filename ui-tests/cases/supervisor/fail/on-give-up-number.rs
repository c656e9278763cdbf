use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    #[child(on_give_up = 3)]
    cache: Cache,
}

fn main() {}
