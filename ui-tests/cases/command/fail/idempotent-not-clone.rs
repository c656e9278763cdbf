use pulsar::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Rule;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command(idempotent)]
    fn apply(&mut self, _rule: Rule) {}
}

fn main() {}
