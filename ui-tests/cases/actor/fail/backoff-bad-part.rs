use pulsar::prelude::*;

#[actor(backoff = "100ms..later")]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
