use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn fill(&mut self, _into: &mut Vec<u64>) {}
}

fn main() {}
