use pulsar::prelude::*;

#[command]
fn greet(cx: &Context, name: String) -> String {
    format!("{name} {}", cx.name())
}

fn main() {}
