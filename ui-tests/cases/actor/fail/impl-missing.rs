use pulsar::prelude::*;

#[actor]
struct Counter;

async fn spawn() {
    let _ = Counter::new().spawn().await;
}

fn main() {}
