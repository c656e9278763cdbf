use pulsar::prelude::*;

#[actor]
union Counter {
    up: u8,
    down: i8,
}

fn main() {}
