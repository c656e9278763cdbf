//! Thread actors: a thread of the master process with a loop of its own.

use std::io;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::thread::Builder;

use bytes::Bytes;

use super::event_loop;
use super::manager::ArbiterManager;
use crate::actor::{ActorEntry, Params};
use crate::address::Address;
use crate::exit::ExitReason;
use crate::id::{Incarnation, Kind};
use crate::mailbox::AnyMailbox;
use crate::reply::lock;
use crate::runner::{Birth, Ended};

/// What the arbiter holds of a thread actor: the control lane, once there is one.
pub(crate) type Lane = Arc<Mutex<Option<Arc<dyn AnyMailbox>>>>;

/// Runs one incarnation on a new thread; `ended` is called there when it is over.
pub(crate) fn start(
    entry: &'static ActorEntry,
    address: Arc<Address>,
    incarnation: Incarnation,
    params: Params,
    specification: Bytes,
    ended: impl FnOnce(Ended) + Send + 'static,
) -> io::Result<Lane> {
    let lane = Lane::default();
    let seen = lane.clone();
    // The kernel shows 15 bytes of it.
    let name = address.label();
    Builder::new().name(name).spawn(move || {
        let end = match event_loop::runtime() {
            Err(error) => Ended { reason: ExitReason::StartFailed(format!("no loop: {error}")), lost: 0 },
            Ok(runtime) => event_loop::run(&runtime, async move {
                (entry.run)(Birth {
                    address,
                    kind: Some(Kind::Thread),
                    incarnation,
                    params,
                    specification,
                    manager: Rc::new(ArbiterManager::default()),
                    born: Box::new(move |core| *lock(&seen) = Some(core.mailbox.clone())),
                })
                .await
            }),
        };
        ended(end);
    })?;
    Ok(lane)
}
