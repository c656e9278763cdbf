//! Nothing is taken from the prelude.

#![no_implicit_prelude]

extern crate pulsar;

#[pulsar::actor]
struct Cache {}

#[pulsar::actor]
impl Cache {}

#[pulsar::supervisor(strategy = one_for_all, within = "30s", auto_shutdown = any_significant)]
struct Site {
    #[pulsar::child(task, workers = 2, routing = round_robin, max_age = "1h")]
    cache: Cache,
    #[child(restart = transient, significant, on_give_up = park)]
    other: Cache,
}

fn main() {
    let _ = Site::new(Cache::new(), Cache::new());
}
