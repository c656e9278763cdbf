use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state(let x = 1;)]
    total: u64,
}

#[actor]
impl Counter {}

fn main() {}
