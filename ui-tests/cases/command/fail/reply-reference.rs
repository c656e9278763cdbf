use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn total(&mut self) -> &u64 {
        &self.total
    }
}

fn main() {}
