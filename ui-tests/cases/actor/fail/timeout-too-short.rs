use pulsar::prelude::*;

#[actor(timeout = "500ms")]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
