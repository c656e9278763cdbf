use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state()]
    total: u64,
}

#[actor]
impl Counter {}

fn main() {}
