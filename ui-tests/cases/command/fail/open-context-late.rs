use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {}

#[command]
fn peek(counter: &mut Counter, _n: u64, _cx: &mut Context<Counter>) -> u64 {
    counter.total
}

fn main() {}
