use pulsar::prelude::*;

#[actor(thread mailbox = 10)]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
