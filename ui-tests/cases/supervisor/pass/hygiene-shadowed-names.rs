//! Names that are used within, and a trait whose methods everything has, are left alone.

#[allow(dead_code)]
struct Branch;
#[allow(dead_code)]
struct Supervised;
#[allow(dead_code)]
struct Duration;
#[allow(dead_code)]
struct Option;

pub trait Interloper {
    fn child(&self) {}
    fn supervisor(&self) {}
    fn into_branch(self)
    where
        Self: Sized,
    {
    }
    fn proxy(_: u8)
    where
        Self: Sized,
    {
    }
    fn restarts(&self) {}
    fn cache(&self) {}
}

impl<T> Interloper for T {}

#[pulsar::actor]
pub struct Cache {}

#[pulsar::actor]
impl Cache {}

#[pulsar::supervisor(restarts = 3, within = "1s")]
pub struct Site {
    #[child]
    branch: Cache,
    #[child]
    planted: Cache,
    #[child]
    supervisor: Cache,
    #[child(thread)]
    cache: Cache,
    #[child(workers = 2, shutdown = "1s")]
    r#async: Cache,
    #[child]
    proxy: Cache,
    #[child]
    into_branch: Cache,
}

pub fn every_child(site: &SiteProxy) -> [&CacheProxy; 7] {
    [
        site.branch(),
        site.planted(),
        site.supervisor(),
        site.cache(),
        site.r#async(),
        site.proxy(),
        site.into_branch(),
    ]
}

fn main() {
    let _ = Site::new(
        Cache::new(),
        Cache::new(),
        Cache::new(),
        Cache::new(),
        Cache::new(),
        Cache::new(),
        Cache::new(),
    );
}
