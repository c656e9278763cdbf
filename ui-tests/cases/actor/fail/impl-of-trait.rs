use pulsar::prelude::*;

#[actor]
struct Counter;

#[actor]
impl Counter {}

trait Reset {}

#[actor]
impl Reset for Counter {}

fn main() {}
