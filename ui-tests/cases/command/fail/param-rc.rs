use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn share(&mut self, _with: std::rc::Rc<u64>) {}
}

fn main() {}
