use pulsar::prelude::*;

#[command]
fn greet<T: ToString>(_cx: &mut Context, name: T) -> String {
    name.to_string()
}

fn main() {}
