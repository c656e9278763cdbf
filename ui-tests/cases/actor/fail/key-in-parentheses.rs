use pulsar::prelude::*;

#[actor(mailbox(10))]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
