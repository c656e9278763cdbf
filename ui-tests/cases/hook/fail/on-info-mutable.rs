use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[hook]
    fn on_info(&mut self, _info: &mut Info) {}
}

fn main() {}
