use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn finish(self: Box<Self>) -> u64 {
        self.total
    }
}

fn main() {}
