use pulsar::prelude::*;

#[actor(nice = 10, task)]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
