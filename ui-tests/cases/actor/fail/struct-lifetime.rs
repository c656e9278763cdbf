use pulsar::prelude::*;

#[actor]
struct Counter<'a> {
    label: &'a str,
}

fn main() {}
