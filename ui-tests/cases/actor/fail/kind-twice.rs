use pulsar::prelude::*;

#[actor(thread, process)]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
