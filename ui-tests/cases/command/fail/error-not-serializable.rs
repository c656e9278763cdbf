use pulsar::prelude::*;

struct Broken;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn check(&mut self) -> Result<u64, Broken> {
        Err(Broken)
    }
}

fn main() {}
