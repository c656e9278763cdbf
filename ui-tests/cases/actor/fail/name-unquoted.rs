use pulsar::prelude::*;

#[actor(name = counter)]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
