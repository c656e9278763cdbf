//! A child that `cfg` leaves out is nowhere; `deprecated` and the documentation are those of the accessor.

#![deny(warnings)]
#![allow(unexpected_cfgs)]

use pulsar::prelude::*;

#[actor]
struct Cache {}

#[actor]
impl Cache {}

#[supervisor]
struct Site {
    #[cfg(unix)]
    #[child]
    first: Cache,
    #[cfg(not(unix))]
    #[child(workers = 4)]
    missing: DoesNotExist,
    #[cfg(unix)]
    #[cfg(not(windows))]
    #[child]
    last: Cache,
    #[deprecated]
    #[child(thread)]
    former: Cache,
}

#[cfg(windows)]
#[supervisor]
struct Elsewhere {
    #[child]
    missing: DoesNotExist,
}

fn every_child(site: &SiteProxy) -> (&CacheProxy, &CacheProxy) {
    #[allow(deprecated)]
    let _ = site.former();
    (site.first(), site.last())
}

fn main() {
    let _ = Site::new(Cache::new(), Cache::new(), Cache::new());
    let _ = every_child;
}
