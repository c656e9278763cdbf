//! Who of this process drains: it is told, link by link, that nothing more is sent to it.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::command::{Internal, Verb};
use crate::id::{ActorId, Incarnation};
use crate::mailbox::{AnyMailbox, ControlItem};
use crate::reply::Reply;
use crate::sync::{Mutex, lock};

type Draining = HashMap<ActorId, (Incarnation, Arc<dyn AnyMailbox>)>;

fn draining() -> &'static Mutex<Draining> {
    static DRAINING: OnceLock<Mutex<Draining>> = OnceLock::new();
    DRAINING.get_or_init(Mutex::default)
}

/// `id` drains: what other processes answer is put into its control lane.
pub(crate) fn begin(id: ActorId, incarnation: Incarnation, mailbox: Arc<dyn AnyMailbox>) {
    lock(draining()).insert(id, (incarnation, mailbox));
}

/// The mailbox of one that drains, for what was on its way to it when it began.
pub(super) fn mailbox(id: ActorId, incarnation: Incarnation) -> Option<Arc<dyn AnyMailbox>> {
    lock(draining()).get(&id).filter(|(known, _)| *known == incarnation).map(|(_, mailbox)| mailbox.clone())
}

/// It does no longer.
pub(crate) fn end(id: ActorId) {
    lock(draining()).remove(&id);
}

/// `process` sends `id` nothing more.
pub(super) fn left(id: ActorId, process: u32) {
    let draining = lock(draining()).get(&id).cloned();
    draining.into_iter().for_each(|(_, mailbox)| tell(&mailbox, process));
}

/// The connection to `process` is over, so it sends nobody anything.
pub(super) fn lost(process: u32) {
    let all: Vec<_> = lock(draining()).values().cloned().collect();
    all.iter().for_each(|(_, mailbox)| tell(mailbox, process));
}

fn tell(mailbox: &Arc<dyn AnyMailbox>, process: u32) {
    let verb = Verb::Internal(Internal::Left { process });
    // One that has closed waits for nothing any more.
    let _ = mailbox.push_control(ControlItem { verb, reply: Reply::none(), process: None });
}
