use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn stop(&mut self) {}

    #[command]
    fn info(&self) -> u64 {
        self.total
    }
}

fn main() {}
