use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn later(&mut self, cx: &mut Context<Self>) -> Deferred<Result<u64>> {
        cx.defer(async { Ok(1) })
    }
}

fn main() {}
