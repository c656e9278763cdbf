//! Open commands for any actor and for one, sent from another module.

use pulsar::prelude::*;

#[actor]
struct Counter {
    #[state]
    total: u64,
}

#[actor]
impl Counter {}

mod verbs {
    use pulsar::prelude::*;

    use super::Counter;

    /// Greets.
    #[command]
    pub(crate) async fn greet(cx: &mut Context, name: String) -> String {
        format!("Hello {name}, I am {}", cx.name())
    }

    #[command(idempotent)]
    pub(crate) fn peek(counter: &mut Counter) -> u64 {
        counter.total
    }

    #[command(cancel)]
    pub(crate) async fn wait_for(counter: &mut Counter, _cx: &mut Context<Counter>, n: u64) -> Result<u64> {
        Ok(counter.total + n)
    }

    #[command]
    pub(crate) fn later(cx: &mut Context) -> Deferred<u64> {
        cx.defer(async { 1 })
    }
}

use verbs::{greet, later, peek, wait_for};

fn main() {
    let _ = |counter: CounterProxy| {
        let _ = counter.send(greet("Ada"));
        let _ = counter.send(peek());
        let _ = counter.send(wait_for(1));
        let _ = counter.send(later());
    };
}
