use pulsar::prelude::*;

#[command(idempotant)]
unsafe fn greet(_cx: Context, (_first, _last): (String, String), _title: &str) -> &'static str {
    "Hello"
}

fn main() {}
