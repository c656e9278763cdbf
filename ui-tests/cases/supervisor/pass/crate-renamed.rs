//! Everything works where the crate has another name.

mod deep {
    pub use pulsar as renamed;
}

use deep::renamed::actor;

#[actor(crate = deep::renamed)]
struct Cache {}

#[actor(crate = deep::renamed)]
impl Cache {}

#[deep::renamed::supervisor(crate = deep::renamed)]
struct Site {
    #[child(thread, workers = 2)]
    cache: Cache,
    #[renamed::child]
    other: Cache,
}

fn main() {
    let _ = Site::new(Cache::new(), Cache::new());
}
