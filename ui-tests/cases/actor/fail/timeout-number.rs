use pulsar::prelude::*;

#[actor(timeout = 30)]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
