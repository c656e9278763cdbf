use pulsar::prelude::*;

#[actor]
trait Counter {}

fn main() {}
