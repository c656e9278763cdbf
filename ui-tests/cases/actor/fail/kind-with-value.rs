use pulsar::prelude::*;

#[actor(thread = 4)]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
