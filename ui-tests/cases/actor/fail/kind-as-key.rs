use pulsar::prelude::*;

#[actor(kind = thread)]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
