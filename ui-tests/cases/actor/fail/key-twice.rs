use pulsar::prelude::*;

#[actor(mailbox = 10, mailbox = 20)]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
