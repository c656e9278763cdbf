use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn apply(&mut self, _rule: Box<dyn Fn(u64) -> u64>) {}
}

fn main() {}
