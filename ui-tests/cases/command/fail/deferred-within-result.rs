use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn later(&mut self, cx: &mut Context<Self>) -> Result<Deferred<u64>, String> {
        Ok(cx.defer(async { 1 }))
    }
}

fn main() {}
