use pulsar::prelude::*;

#[actor]
struct Counter;

#[actor(thread, mailbox = 10)]
impl Counter {}

fn main() {}
