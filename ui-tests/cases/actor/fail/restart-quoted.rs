use pulsar::prelude::*;

#[actor(restart = "permanent")]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
