use pulsar::prelude::*;

#[actor]
struct Counter {
    file: std::fs::File,
}

#[actor]
impl Counter {}

fn main() {}
