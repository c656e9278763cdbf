use pulsar::prelude::*;

#[actor]
struct Counter {
    shared: std::rc::Rc<u64>,
}

#[actor]
impl Counter {}

fn main() {}
