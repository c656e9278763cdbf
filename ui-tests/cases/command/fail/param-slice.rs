use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn add_all(&mut self, _numbers: &[u64]) {}
}

fn main() {}
