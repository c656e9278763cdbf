use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn add(&mut self, n: u64) -> u64 {
        self.total += n;
        self.total
    }
}

#[actor]
impl Counter {
    #[command]
    fn total(&self) -> u64 {
        self.total
    }
}

fn main() {}
