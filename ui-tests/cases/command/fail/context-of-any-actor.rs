//! The context of a command in an impl block is that of its own actor.

use pulsar::prelude::*;

#[actor]
struct Counter {}

#[actor]
impl Counter {
    #[command]
    fn label(&self, cx: &mut Context) -> String {
        cx.name()
    }
}

fn main() {}
