use pulsar::prelude::*;

#[actor(name = "arbiter")]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
