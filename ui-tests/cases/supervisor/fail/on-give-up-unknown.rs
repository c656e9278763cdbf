use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    #[child(on_give_up = parc)]
    cache: Cache,
}

fn main() {}
