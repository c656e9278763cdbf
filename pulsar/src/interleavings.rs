//! Tests of the orders in which threads can meet. Owns how they are run, and the parts that they are played with.
//!
//! Under the feature `_shuttle` the locks and atomics of [`crate::sync`] hand every step to a scheduler, so that one thread of
//! the system plays all threads of a test, in an order that can be played again. A sleeper whom nobody wakes is a deadlock, which
//! ends the test. The tests lie beside what they test, in modules that are named `interleavings`:
//!
//! ```text
//! cargo test -p pulsar --lib --no-default-features --features _shuttle interleavings
//! ```
//!
//! Each is run in [`ORDERS`] orders drawn evenly from a fixed seed, then in some of a scheduler that changes threads as seldom as it can
//! (PCT). `PULSAR_ORDERS=1000000` runs so many of each instead, from a fresh seed. What fails prints its seed: `SHUTTLE_RANDOM_SEED=SEED`
//! and the name of the test play it again, as its first order. What failed once and was put right is kept with the test, and played first.
//!
//! All orders are sequentially consistent: what a weaker `Ordering` would allow beside them is not seen here.

use std::sync::Arc;
use std::task::Waker;

use bytes::{Bytes, BytesMut};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, Runner};

use crate::error::Failure;
use crate::exit::ExitReason;
use crate::id::{ActorId, Incarnation};
use crate::mailbox::{Body, EncodedCall, EncodedTells, Envelope, Item, Origin, Whence};
use crate::message::{Header, Limits, Subject, begin_batch, envelopes};
use crate::peer::{Heading, Payload, Peer};
use crate::reply::{AnySlot, Reply};
use crate::sync::{Mutex, lock};

/// In how many orders each test is run.
const ORDERS: usize = 20_000;

/// Where the draw begins.
const SEED: u64 = 60;

/// In how many places PCT changes threads although it need not.
const CHANGES: usize = 3;

/// Runs `test` in many orders, those that `failed` once before all others.
pub(crate) fn check(failed: &[u64], test: fn()) {
    for &seed in failed {
        run(RandomScheduler::new_from_seed(seed, 1), test);
    }
    let fresh = std::env::var("PULSAR_ORDERS").ok().and_then(|orders| orders.parse().ok());
    match fresh {
        Some(orders) => {
            run(RandomScheduler::new(orders), test);
            run(PctScheduler::new(CHANGES, orders), test);
        }
        None => {
            run(RandomScheduler::new_from_seed(SEED, ORDERS), test);
            run(PctScheduler::new_from_seed(SEED, CHANGES, ORDERS / 10), test);
        }
    }
}

fn run(scheduler: impl Scheduler + 'static, test: fn()) {
    let mut config = Config::new();
    config.stack_size = 1 << 18;
    config.silence_warnings = true;
    Runner::new(scheduler, config).run(test);
}

/// A message of this process, with nobody who waits for its answer.
pub(crate) fn tell(number: u64) -> Item<u64> {
    Item { body: Body::Typed(number), whence: Whence::Told(ActorId::ARBITER) }
}

/// A message of this process that `slot` waits for.
pub(crate) fn ask(number: u64, slot: Arc<dyn AnySlot>) -> Item<u64> {
    Item { whence: Whence::Asked(slot), ..tell(number) }
}

/// A message from another process.
pub(crate) fn encoded(peer: &Arc<Elsewhere>) -> Envelope<EncodedCall> {
    let content = EncodedCall { open: false, tag: 0, payload: Bytes::new(), peer: peer.clone() };
    Envelope { content, reply: Reply::none(), sender: ActorId::ARBITER, deadline: None }
}

/// So many of them, one behind the other.
pub(crate) fn told(peer: &Arc<Elsewhere>, count: u32) -> Box<EncodedTells> {
    let mut batch = BytesMut::new();
    begin_batch(&mut batch);
    (0..count).for_each(|_| Header::new(Subject::Tell, ActorId::ARBITER).write(&mut batch, 0));
    let batch = envelopes(batch.freeze(), &Limits::default());
    let tells = batch.ok().and_then(|mut batch| batch.tells(count)).expect("tells");
    Box::new(EncodedTells { tells, origin: Origin { process: 7, peer: peer.clone() } })
}

/// Another process, which takes what it is sent until its connection ends.
#[derive(Default)]
pub(crate) struct Elsewhere(Mutex<Sent>);

#[derive(Default)]
struct Sent {
    over: bool,
    accepted: u64,
}

impl Elsewhere {
    pub(crate) fn end(&self) {
        lock(&self.0).over = true;
    }

    pub(crate) fn accepted(&self) -> u64 {
        lock(&self.0).accepted
    }
}

impl Peer for Elsewhere {
    fn process(&self) -> u32 {
        7
    }

    fn send(&self, _: &Heading, _: Option<Arc<dyn AnySlot>>, _: Payload<'_>) -> Result<u64, Failure> {
        let mut sent = lock(&self.0);
        if sent.over {
            return Err(Failure::died(ExitReason::Unknown, crate::error::Started::No));
        }
        sent.accepted += 1;
        Ok(sent.accepted)
    }

    fn cancel(&self, _: u64) {}

    fn answer(&self, _: u64, _: bool, _: Payload<'_>) -> bool {
        true
    }

    fn fail(&self, _: u64, _: Failure) -> bool {
        true
    }

    fn gone(&self, _: u64) -> bool {
        false
    }

    fn watch(&self, _: u64, _: &Waker) -> bool {
        false
    }

    fn taken(&self, _: ActorId, _: Incarnation, _: u32) {}
}
