use pulsar::prelude::*;

#[actor(new = 0)]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
