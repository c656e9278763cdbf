use pulsar::prelude::*;

#[actor("thread")]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
