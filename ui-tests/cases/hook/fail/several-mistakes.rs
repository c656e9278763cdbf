use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[hook]
    async fn on_info(&mut self, _info: &Info) -> bool {
        true
    }

    #[hook]
    fn stoping(&mut self) {}

    #[hook]
    unsafe fn periodic_task(&mut self, _n: u8) {}
}

fn main() {}
