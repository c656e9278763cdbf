use pulsar::prelude::*;

#[actor]
struct Counter(u64);

#[actor]
impl Counter {}

fn main() {}
