use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[state]
    fn total(&self) -> u64 {
        self.total
    }
}

fn main() {}
