use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn check(&mut self) -> std::fmt::Result {
        Ok(())
    }
}

fn main() {}
