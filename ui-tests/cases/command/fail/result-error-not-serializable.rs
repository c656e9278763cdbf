use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn read(&mut self) -> Result<u64, std::io::Error> {
        Ok(self.total)
    }
}

fn main() {}
