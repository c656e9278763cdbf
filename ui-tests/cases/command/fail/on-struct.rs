use pulsar::prelude::*;

#[command]
struct Counter;

fn main() {}
