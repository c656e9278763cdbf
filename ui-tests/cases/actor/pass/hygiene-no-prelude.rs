//! Nothing is taken from the prelude.

#![no_implicit_prelude]

extern crate pulsar;
extern crate std;

use std::string::String;

#[pulsar::actor]
struct Counter {
    label: String,
    #[state]
    total: u64,
}

#[pulsar::actor]
impl Counter {
    #[pulsar::hook]
    async fn start(&mut self) {}

    #[pulsar::command(idempotent)]
    fn add(&mut self, n: u64, label: String) -> std::result::Result<u64, String> {
        self.total += n;
        self.label = label;
        std::result::Result::Ok(self.total)
    }
}

#[pulsar::command]
fn greet(_: &mut pulsar::Context, name: String) -> String {
    name
}

fn main() {
    let _ = Counter::new("a");
    let _ = greet("b");
}
