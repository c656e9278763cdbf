use pulsar::prelude::*;

#[actor(colour = 1)]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
