use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command(cancel)]
    async fn later(&mut self, cx: &mut Context<Self>) -> Deferred<u64> {
        cx.defer(async { 1 })
    }
}

fn main() {}
