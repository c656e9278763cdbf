use pulsar::prelude::*;

#[actor(name = "my counter")]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
