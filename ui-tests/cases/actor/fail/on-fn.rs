use pulsar::prelude::*;

#[actor]
fn counter() {}

fn main() {}
