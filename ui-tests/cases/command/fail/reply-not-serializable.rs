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
    fn rule(&mut self) -> Rule {
        Rule
    }
}

fn main() {}
