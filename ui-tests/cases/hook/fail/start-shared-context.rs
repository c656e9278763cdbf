use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[hook]
    async fn start(&mut self, _cx: &Context<Self>) {}
}

fn main() {}
