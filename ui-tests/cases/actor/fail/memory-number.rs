use pulsar::prelude::*;

#[actor(memory = 512)]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
