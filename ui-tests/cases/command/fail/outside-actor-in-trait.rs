use pulsar::prelude::*;

trait Counter {
    #[command]
    fn add(&mut self, n: u64);
}

fn main() {}
