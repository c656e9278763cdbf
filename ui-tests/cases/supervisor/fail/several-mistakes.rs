use pulsar::prelude::*;

#[actor(thread)]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor(strategy = one_for_two, within = "0s", auto_shutdown = any_significant)]
struct Site {
    #[child(worker = 4, routing = random)]
    cache: Cache,
    other: Cache,
    #[child(thread, memory = "1GB", on_give_up = retire)]
    stop: &'static Cache,
}

async fn used(site: &SiteProxy) {
    let _ = site.cache();
    let _ = site.other();
}

fn main() {}
