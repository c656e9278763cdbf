use pulsar::prelude::*;

#[actor]
struct Cache {}

#[supervisor]
struct Site {
    #[child(thread)]
    cache: Cache,
}

fn main() {}
