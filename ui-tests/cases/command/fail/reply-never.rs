use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn quit(&mut self) -> ! {
        panic!()
    }
}

fn main() {}
