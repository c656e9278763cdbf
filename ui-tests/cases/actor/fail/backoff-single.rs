use pulsar::prelude::*;

#[actor(backoff = "100ms")]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
