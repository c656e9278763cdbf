use pulsar::prelude::*;

#[actor(mailbox)]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
