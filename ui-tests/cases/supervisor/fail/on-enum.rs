use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
enum Site {
    Cache(Cache),
}

fn main() {}
