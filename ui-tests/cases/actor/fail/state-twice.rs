use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    #[state(1)]
    total: u64,
}

#[actor]
impl Counter {}

fn main() {}
