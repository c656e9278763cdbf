use pulsar::prelude::*;

#[actor(restart = transiant)]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
