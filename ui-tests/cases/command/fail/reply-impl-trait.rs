use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn all(&mut self) -> impl Iterator<Item = u64> {
        0..self.total
    }
}

fn main() {}
