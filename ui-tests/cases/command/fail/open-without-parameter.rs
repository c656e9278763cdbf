use pulsar::prelude::*;

#[command]
fn greet() -> String {
    "Hello".to_owned()
}

fn main() {}
