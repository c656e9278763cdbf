//! Every key together, on the kinds that have it.

use pulsar::prelude::*;

#[actor(
    process,
    name = "counter",
    mailbox = 10,
    timeout = "30s",
    start_timeout = "1m",
    shutdown = "500ms",
    restart = transient,
    backoff = "100ms..30s",
    memory = "512MiB",
    nofile = 1024,
    nice = -5,
    new = false,
    crate = pulsar
)]
struct Counter {
    start: u64,
}

#[actor(crate = pulsar)]
impl Counter {
    #[command]
    fn start(&self) -> u64 {
        self.start
    }
}

#[actor(thread)]
struct Threaded;

#[actor]
impl Threaded {}

#[actor(task, restart = temporary)]
struct Light;

#[actor]
impl Light {}

fn main() {
    let _ = (Counter { start: 1 }, Threaded::new(), Light::new());
}
