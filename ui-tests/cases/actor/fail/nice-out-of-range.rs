use pulsar::prelude::*;

#[actor(nice = 20)]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
