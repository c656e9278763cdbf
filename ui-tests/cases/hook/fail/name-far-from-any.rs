use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[hook]
    fn bootstrap(&mut self) {}
}

fn main() {}
