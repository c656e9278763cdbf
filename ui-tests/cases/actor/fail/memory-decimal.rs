use pulsar::prelude::*;

#[actor(memory = "512MB")]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
