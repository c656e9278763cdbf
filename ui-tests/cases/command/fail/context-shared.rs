use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn add(&mut self, _cx: &Context<Self>, n: u64) {
        self.total += n;
    }
}

fn main() {}
