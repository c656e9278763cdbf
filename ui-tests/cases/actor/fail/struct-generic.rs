use pulsar::prelude::*;

#[actor]
struct Counter<T> {
    start: T,
}

fn main() {}
