use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn add(&mut self, n: u64) {
        self.total += n;
    }

    #[command]
    fn add(&mut self, n: u64, m: u64) {
        self.total += n + m;
    }
}

fn main() {}
