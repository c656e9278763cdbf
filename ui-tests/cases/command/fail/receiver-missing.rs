use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn add(n: u64) -> u64 {
        n
    }
}

fn main() {}
