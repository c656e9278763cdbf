use pulsar::prelude::*;

struct Rule;

#[command]
fn rule(_cx: &mut Context) -> Rule {
    Rule
}

fn main() {}
