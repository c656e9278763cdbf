use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[hook]
    #[command]
    fn start(&mut self) {}
}

fn main() {}
