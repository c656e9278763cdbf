use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    extern "C" fn clear(&mut self) {
        self.total = 0;
    }
}

fn main() {}
