use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn rename(&mut self, _name: Option<&str>, _all: Vec<(u8, &[u8])>) {}
}

fn main() {}
