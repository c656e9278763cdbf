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
use crate::command::Verb;
use crate::exit::ExitReason;
use crate::id::{Incarnation, Kind};
use crate::mailbox::{AnyMailbox, ControlItem};
use crate::reply::{Reply, lock};
use crate::runner::{Birth, Ended};

/// What the arbiter holds of an actor in another thread: its control lane, which is opened over there.
#[derive(Clone, Default)]
pub(crate) struct Lane(Arc<Mutex<LaneState>>);

#[derive(Default)]
struct LaneState {
    mailbox: Option<Arc<dyn AnyMailbox>>,
    /// What was said before it was opened.
    early: Vec<Verb>,
}

impl Lane {
    /// The actor is there, and hears what was said before.
    pub(crate) fn open(&self, mailbox: &Arc<dyn AnyMailbox>) {
        let early = {
            let mut state = lock(&self.0);
            state.mailbox = Some(mailbox.clone());
            std::mem::take(&mut state.early)
        };
        early.into_iter().for_each(|verb| push(mailbox, verb));
    }

    /// Says something that needs no answer.
    pub(crate) fn say(&self, verb: Verb) {
        let mailbox = {
            let mut state = lock(&self.0);
            let Some(mailbox) = state.mailbox.clone() else { return state.early.push(verb) };
            mailbox
        };
        push(&mailbox, verb);
    }

    pub(crate) fn mailbox(&self) -> Option<Arc<dyn AnyMailbox>> {
        lock(&self.0).mailbox.clone()
    }
}

fn push(mailbox: &Arc<dyn AnyMailbox>, verb: Verb) {
    // One that is closed has ended already.
    let _ = mailbox.push_control(ControlItem { verb, reply: Reply::none(), process: None });
}

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
            Ok(runtime) => event_loop::run(runtime, async move {
                (entry.run)(Birth {
                    address,
                    kind: Some(Kind::Thread),
                    incarnation,
                    params,
                    specification,
                    manager: Rc::new(ArbiterManager::default()),
                    born: Box::new(move |core| seen.open(&core.mailbox)),
                })
                .await
            }),
        };
        ended(end);
    })?;
    Ok(lane)
}
