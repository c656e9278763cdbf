use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn add_one(&mut self) {}

    #[command]
    fn add__one(&mut self) {}
}

fn main() {}
