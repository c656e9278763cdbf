use pulsar::prelude::*;

#[actor(thread, mailbx = 10)]
struct Counter;

#[actor]
impl Counter {}

fn main() {}
