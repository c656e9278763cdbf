use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[hook]
    fn start(&mut self) {}

    #[hook]
    async fn start(&mut self, _cx: &mut Context<Self>) {}
}

fn main() {}
