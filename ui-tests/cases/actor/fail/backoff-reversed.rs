use pulsar::prelude::*;

#[actor(backoff = "30s..100ms")]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
