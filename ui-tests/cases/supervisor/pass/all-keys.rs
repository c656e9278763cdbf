//! Every key, on actors, on pools and on another supervisor.

use pulsar::prelude::*;

#[actor]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor(strategy = one_for_all, restarts = 0, within = "1ms", auto_shutdown = never)]
struct Jobs {
    #[child(restart = temporary, on_give_up = retry)]
    cache: Cache,
    #[child(on_give_up = escalate)]
    other: Cache,
}

#[supervisor(strategy = rest_for_one, restarts = 5, within = "30s", auto_shutdown = any_significant)]
struct Site {
    #[child(thread, name = "cache", mailbox = 64, timeout = "1m", start_timeout = "5s", shutdown = "0s")]
    cache: Cache,
    #[child(
        process, workers = 4, routing = round_robin, max_messages = 1000, max_age = "1h", max_memory = "300MiB",
        memory = "512MiB", nofile = 256, nice = 5, restart = permanent, backoff = "1s..1m"
    )]
    api: Cache,
    #[child(task, workers = 1, routing = least_in_flight)]
    one: Cache,
    #[child(significant, restart = transient, on_give_up = park)]
    importer: Cache,
    #[child(significant, restart = temporary, backoff = "1s..1m", name = "jobs")]
    jobs: Jobs,
}

#[supervisor(strategy = one_for_one, auto_shutdown = all_significant, new = false)]
struct Made {
    #[child(significant, restart = transient)]
    cache: Cache,
}

impl Made {
    fn new() -> Self {
        Self { cache: Cache::new() }
    }
}

/// What is started and stopped at run time only.
#[supervisor]
struct Empty {}

fn every_child(site: &SiteProxy) -> (&CacheProxy, &CacheProxy, &CacheProxy, &CacheProxy, &CacheProxy, &CacheProxy) {
    (site.cache(), site.api(), site.one(), site.importer(), site.jobs().cache(), site.jobs().other())
}

fn main() {
    let jobs = Jobs::new(Cache::new(), Cache::new());
    let _ = Site::new(Cache::new(), Cache::new(), Cache::new(), Cache::new(), jobs);
    let _ = (Made::new(), Empty::new());
    let _ = every_child;
}
