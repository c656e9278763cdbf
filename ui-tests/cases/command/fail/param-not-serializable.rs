use pulsar::prelude::*;

struct Rule;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn apply(&mut self, _rule: Rule) {}
}

fn main() {}
