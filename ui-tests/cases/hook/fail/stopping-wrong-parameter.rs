use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[hook]
    fn stopping(&mut self, _reason: String) {}
}

fn main() {}
