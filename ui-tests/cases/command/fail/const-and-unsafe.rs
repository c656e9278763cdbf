use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    const fn total(&self) -> u64 {
        self.total
    }

    #[command]
    unsafe fn clear(&mut self) {
        self.total = 0;
    }
}

fn main() {}
