use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn add(&mut self, (a, b): (u64, u64)) {
        self.total += a + b;
    }
}

fn main() {}
