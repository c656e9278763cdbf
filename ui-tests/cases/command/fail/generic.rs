use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn add<N: Into<u64>>(&mut self, n: N) {
        self.total += n.into();
    }
}

fn main() {}
