use pulsar::prelude::*;

#[actor(timeout = 30s)]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
