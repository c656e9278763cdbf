use pulsar::prelude::*;

#[actor(timeout = "1.5s")]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
