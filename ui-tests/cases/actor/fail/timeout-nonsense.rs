use pulsar::prelude::*;

#[actor(start_timeout = "soon")]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
