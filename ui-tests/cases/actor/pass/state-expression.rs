//! State without `Default`, and state that is not `Send`.

use std::cell::Cell;
use std::rc::Rc;

use pulsar::prelude::*;

struct Log(&'static str);

#[actor(thread)]
struct Counter {
    start: u64,
    #[state(Log("counter"))]
    log: Log,
    #[state(Rc::new(Cell::new(1)))]
    shared: Rc<Cell<u64>>,
    #[state]
    seen: Vec<u64>,
}

#[actor]
impl Counter {
    #[command]
    fn total(&mut self) -> u64 {
        self.seen.push(self.start);
        self.start + self.shared.get() + self.log.0.len() as u64
    }
}

fn main() {
    let _ = Counter::new(1);
}
