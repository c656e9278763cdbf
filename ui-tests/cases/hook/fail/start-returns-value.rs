use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[hook]
    async fn start(&mut self) -> u64 {
        self.total
    }
}

fn main() {}
