use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    #[command(idempotent)]
    fn total(&self) -> u64 {
        self.total
    }
}

fn main() {}
