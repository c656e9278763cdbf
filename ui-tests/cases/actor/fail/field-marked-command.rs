use pulsar::prelude::*;

#[actor]
struct Counter {
    #[command]
    total: u64,
}

#[actor]
impl Counter {}

fn main() {}
