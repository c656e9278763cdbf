use pulsar::prelude::*;

#[actor(crate = "pulsar")]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
