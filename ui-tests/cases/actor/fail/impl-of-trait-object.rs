use pulsar::prelude::*;

trait Counter {}

#[actor]
impl dyn Counter {}

fn main() {}
