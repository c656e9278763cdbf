use pulsar::prelude::*;

struct Counter;

impl Counter {
    #[hook]
    fn start(&mut self) {}
}

fn main() {}
