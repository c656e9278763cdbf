use pulsar::prelude::*;

#[actor]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    #[child]
    cache: Cache,
}

#[actor]
impl Site {
    #[command]
    fn total(&self) -> u64 {
        1
    }
}

fn main() {}
