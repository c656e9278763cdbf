use pulsar::prelude::*;

#[command]
fn greet(name: String) -> String {
    name
}

fn main() {}
