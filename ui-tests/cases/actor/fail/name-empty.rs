use pulsar::prelude::*;

#[actor(name = "")]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
