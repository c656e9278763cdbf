//! What other threads, and other processes through them, order a keeper to do.

use std::task::Waker;

use crate::address;
use crate::command::Order;
use crate::id::ActorId;
use crate::reply::Reply;
use crate::sync::{Mutex, lock};

/// The orders that a keeper has not seen.
#[derive(Default)]
pub(super) struct Orders(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    requests: Vec<Request>,
    driver: Option<Waker>,
    /// The loop has ended, and its actors with it.
    over: bool,
}

/// One order; `reply` is answered when it is carried out.
pub(super) struct Request {
    pub(super) id: ActorId,
    pub(super) order: Order,
    pub(super) reply: Reply,
}

impl Orders {
    /// What has come. The next to come wakes `driver`.
    pub(super) fn take(&self, driver: &Waker) -> Vec<Request> {
        let mut waiting = lock(&self.0);
        waiting.driver = Some(driver.clone());
        std::mem::take(&mut waiting.requests)
    }

    /// Nobody carries out orders any more: what is ordered from now on is done already.
    pub(super) fn end(&self) -> Vec<Request> {
        let mut waiting = lock(&self.0);
        waiting.over = true;
        std::mem::take(&mut waiting.requests)
    }
}

impl address::Keeper for Orders {
    fn order(&self, id: ActorId, order: Order, reply: Reply) {
        let mut waiting = lock(&self.0);
        if waiting.over {
            drop(waiting);
            return reply.value(());
        }
        waiting.requests.push(Request { id, order, reply });
        let driver = waiting.driver.take();
        drop(waiting);
        if let Some(driver) = driver {
            driver.wake();
        }
    }
}
