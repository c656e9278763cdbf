use pulsar::prelude::*;

struct Rule;

#[command]
fn apply(_cx: &mut Context, _rule: Rule) {}

fn main() {}
