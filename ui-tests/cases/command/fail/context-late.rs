use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn add(&mut self, n: u64, _cx: &mut Context<Self>) {
        self.total += n;
    }
}

fn main() {}
