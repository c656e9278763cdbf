use pulsar::prelude::*;

#[actor]
enum Counter {
    Up,
    Down,
}

fn main() {}
