use pulsar::prelude::*;

#[actor]
struct Counter {
    label: &'static str,
    words: &'static [String],
}

#[actor]
impl Counter {}

fn main() {}
