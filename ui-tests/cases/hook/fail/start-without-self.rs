use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[hook]
    async fn start(_cx: &mut Context<Self>) {}
}

fn main() {}
