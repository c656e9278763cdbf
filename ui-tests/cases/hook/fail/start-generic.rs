use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[hook]
    async fn start<T>(&mut self) {}
}

fn main() {}
