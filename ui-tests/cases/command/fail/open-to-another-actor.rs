use pulsar::prelude::*;

#[actor]
struct Counter;

#[actor]
impl Counter {}

#[actor]
struct Clock;

#[actor]
impl Clock {}

#[command]
fn peek(_counter: &mut Counter) {}

async fn ask(clock: ClockProxy) {
    let _ = clock.send(peek()).await;
}

fn main() {}
