use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn load(&mut self, _from: &std::path::Path) {}
}

fn main() {}
