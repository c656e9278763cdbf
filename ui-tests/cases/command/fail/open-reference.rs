use pulsar::prelude::*;

#[command]
fn greet(_cx: &mut Context, name: &str) -> String {
    name.to_owned()
}

fn main() {}
