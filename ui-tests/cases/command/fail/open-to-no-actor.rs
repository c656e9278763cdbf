use pulsar::prelude::*;

struct Counter;

#[command]
fn peek(_counter: &mut Counter) {}

fn main() {}
