use pulsar::prelude::*;

struct Counter<T>(T);

#[actor]
impl<T> Counter<T> {}

fn main() {}
