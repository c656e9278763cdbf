use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state = 1]
    total: u64,
}

#[actor]
impl Counter {}

fn main() {}
