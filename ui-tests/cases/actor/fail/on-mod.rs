use pulsar::prelude::*;

#[actor]
mod counter {}

fn main() {}
