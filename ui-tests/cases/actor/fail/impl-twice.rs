use pulsar::prelude::*;

#[actor]
struct Counter;

#[actor]
impl Counter {}

#[actor]
impl Counter {}

fn main() {}
