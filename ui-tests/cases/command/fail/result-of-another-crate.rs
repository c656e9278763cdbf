use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn read(&mut self) -> std::io::Result<u64> {
        Ok(self.total)
    }
}

fn main() {}
