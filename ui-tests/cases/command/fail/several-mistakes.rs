use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[command]
    fn rename(self, _name: &str, _tags: &[String]) -> impl ToString {
        ""
    }

    #[command(retry)]
    fn kill(&mut self) {}

    #[command]
    fn sound(&mut self) -> u64 {
        self.total
    }
}

fn main() {}
