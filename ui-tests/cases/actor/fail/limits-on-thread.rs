use pulsar::prelude::*;

#[actor(thread, memory = "1GiB", nofile = 64)]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
