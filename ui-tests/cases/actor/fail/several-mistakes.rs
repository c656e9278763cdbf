use pulsar::prelude::*;

#[actor(tread, mailbox = 0, timeout = "1 minute", restart = never)]
struct Counter {
    label: &'static str,
    #[state = 0]
    total: u64,
}

#[actor]
impl Counter {}

fn main() {}
