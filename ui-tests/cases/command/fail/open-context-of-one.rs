use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {}

#[command]
fn greet(_cx: &mut Context<Counter>) {}

fn main() {}
