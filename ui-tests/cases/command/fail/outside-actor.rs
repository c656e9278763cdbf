use pulsar::prelude::*;

struct Counter;

impl Counter {
    #[command]
    fn add(&mut self, _n: u64) {}
}

fn main() {}
