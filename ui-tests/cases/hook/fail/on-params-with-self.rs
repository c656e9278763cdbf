use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[hook]
    fn on_params(&mut self, _params: &mut Params) {}
}

fn main() {}
