use pulsar::prelude::*;

#[actor]
struct Counter {
    start: u64,
}

#[actor]
impl Counter {
    fn new() -> Self {
        Self { start: 0 }
    }

    #[command]
    fn start(&self) -> u64 {
        self.start
    }
}

fn main() {}
