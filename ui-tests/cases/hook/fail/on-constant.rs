use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[hook]
    const START: u64 = 1;
}

fn main() {}
