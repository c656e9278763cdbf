//! Thread actors: a thread of the master process with a loop of its own.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::Builder;

use bytes::Bytes;

use super::event_loop;
use super::manager::ArbiterManager;
use crate::actor::{ActorEntry, Params};
use crate::address::Address;
use crate::command::{Internal, Verb};
use crate::crash::CrashReport;
use crate::exit::ExitReason;
use crate::id::{ActorId, Incarnation, Kind};
use crate::mailbox::{AnyMailbox, ControlItem};
use crate::recorder::Recorder;
use crate::reply::Reply;
use crate::runner::{Birth, Ended};
use crate::sync::{Mutex, lock};

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

    /// Whether it was told to end at once, before it was opened.
    fn is_over(&self) -> bool {
        lock(&self.0).early.iter().any(|verb| matches!(verb, Verb::Internal(Internal::End { now: true, .. })))
    }

    pub(crate) fn mailbox(&self) -> Option<Arc<dyn AnyMailbox>> {
        lock(&self.0).mailbox.clone()
    }
}

fn push(mailbox: &Arc<dyn AnyMailbox>, verb: Verb) {
    // One that is closed has ended already.
    let _ = mailbox.push_control(ControlItem { verb, reply: Reply::none(), process: None });
}

/// What an incarnation in this process is made from, wherever it is to run.
pub(crate) struct Plan {
    pub(crate) entry: &'static ActorEntry,
    pub(crate) address: Arc<Address>,
    pub(crate) incarnation: Incarnation,
    pub(crate) params: Params,
    pub(crate) specification: Bytes,
    /// Who is above it.
    pub(crate) manager: ActorId,
    pub(crate) recorder: Recorder,
    pub(crate) last_crash: Option<Box<CrashReport>>,
}

impl Plan {
    /// Runs it on the loop of this thread, and opens `lane` to it.
    pub(super) async fn run(self, kind: Kind, lane: Lane) -> Ended {
        // It was given up before it began: its successor may live already.
        if lane.is_over() {
            return Ended { reason: ExitReason::Shutdown, lost: 0 };
        }
        let Self { entry, address, incarnation, params, specification, manager, recorder, last_crash } = self;
        let born = (entry.bear)(Birth {
            address,
            kind: Some(kind),
            incarnation,
            params: Arc::new(params),
            specification,
            manager: Rc::new(ArbiterManager::new(manager)),
            recorder,
            last_crash,
        });
        lane.open(&born.core.mailbox);
        born.live().await
    }
}

/// Tells how an incarnation has ended, also where it is dropped before it has.
pub(super) struct Teller<F: FnOnce(Ended)>(Option<F>);

impl<F: FnOnce(Ended)> Teller<F> {
    pub(super) fn new(tell: F) -> Self {
        Self(Some(tell))
    }

    pub(super) fn tell(mut self, ended: Ended) {
        if let Some(tell) = self.0.take() {
            tell(ended);
        }
    }
}

impl<F: FnOnce(Ended)> Drop for Teller<F> {
    fn drop(&mut self) {
        if let Some(tell) = self.0.take() {
            tell(Ended { reason: ExitReason::Unknown, lost: 0 });
        }
    }
}

/// Runs one incarnation on a new thread; `ended` is called there when it is over.
pub(crate) fn start(plan: Plan, ended: impl FnOnce(Ended) + Send + 'static) -> io::Result<Lane> {
    let lane = Lane::default();
    let seen = lane.clone();
    // The kernel shows 15 bytes of it, up to the first that is nothing.
    let name = plan.address.label().replace('\0', "?");
    Builder::new().name(name).spawn(move || {
        let teller = Teller::new(ended);
        teller.tell(match event_loop::runtime() {
            Err(error) => Ended { reason: ExitReason::StartFailed(format!("no loop: {error}")), lost: 0 },
            Ok(runtime) => event_loop::run(runtime, plan.run(Kind::Thread, seen)),
        });
    })?;
    Ok(lane)
}
