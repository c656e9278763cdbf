use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Jobs {
    #[child]
    cache: Cache,
}

#[supervisor]
struct Site {
    #[child(restart = transient, on_give_up = park, workers = 4, shutdown = "5s")]
    jobs: Jobs,
}

fn main() {}
