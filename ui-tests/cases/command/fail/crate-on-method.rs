use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command(crate = pulsar)]
    fn add(&mut self, n: u64) {
        self.total += n;
    }
}

fn main() {}
