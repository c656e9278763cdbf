use pulsar::prelude::*;

#[actor(mailbox = "1024")]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
