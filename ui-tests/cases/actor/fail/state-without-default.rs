use pulsar::prelude::*;

struct Log;

#[actor]
struct Counter {
    #[state]
    log: Log,
}

#[actor]
impl Counter {}

fn main() {}
