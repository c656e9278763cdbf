//! Other attributes, above and below.

use pulsar::prelude::*;

#[actor]
#[derive(Clone, Debug)]
struct Cache {}

#[actor]
impl Cache {}

#[derive(Debug)]
#[supervisor]
#[derive(Clone)]
#[must_use]
struct Site {
    /// Documented.
    #[child]
    cache: Cache,
}

fn main() {
    let site = Site::new(Cache::new());
    println!("{:?}", site.clone());
}
