use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn add(&mut self, #[cfg(unix)] _n: u64) {}
}

fn main() {}
