use pulsar::prelude::*;

#[actor(restart = always)]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
