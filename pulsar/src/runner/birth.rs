//! How an incarnation is made, and what is handed over with it.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;

use super::{live, run};
use crate::actor::{Actor, Core, Manager, Params, Record};
use crate::address::Address;
use crate::crash::CrashReport;
use crate::exit::ExitReason;
use crate::id::{Incarnation, Kind};
use crate::mailbox::{Mailbox, Receiver};
use crate::recorder::Recorder;

/// What an incarnation is made from.
pub(crate) struct Birth {
    pub(crate) address: Arc<Address>,
    pub(crate) kind: Option<Kind>,
    pub(crate) incarnation: Incarnation,
    pub(crate) params: Arc<Params>,
    pub(crate) specification: Bytes,
    pub(crate) manager: Rc<dyn Manager>,
    pub(crate) recorder: Recorder,
    /// How the incarnation before ended, if that was no normal end.
    pub(crate) last_crash: Option<Box<CrashReport>>,
}

/// An incarnation of which nothing has run yet.
pub(crate) struct Born {
    /// So that it can be stopped from outside.
    pub(crate) core: Rc<Core>,
    /// Whoever manages it hears at its end how it ended.
    pub(crate) life: Pin<Box<dyn Future<Output = ()>>>,
}

impl Born {
    /// Lives to the end.
    pub(crate) async fn live(self) -> Ended {
        let Self { core, life } = self;
        life.await;
        core.ended.take().map_or(Ended { reason: ExitReason::Unknown, lost: 0 }, |ended| *ended)
    }
}

/// How an incarnation ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) reason: ExitReason,
    /// How many accepted tells were never begun.
    pub(crate) lost: u64,
}

/// Makes an incarnation of a type that is known by name only.
pub(crate) type BearFn = fn(Birth) -> Born;

pub(crate) fn bear<A: Actor>(birth: Birth) -> Born {
    bear_with(birth, live::<A>)
}

/// Makes an incarnation: `life` is what it does from start to end.
pub(crate) fn bear_with<M, F, L>(birth: Birth, life: F) -> Born
where
    M: Send + 'static,
    F: FnOnce(Rc<Core>, Rc<RefCell<Receiver<M>>>) -> L + 'static,
    L: Future<Output = ExitReason> + 'static,
{
    let Birth { address, kind, incarnation, params, specification, manager, recorder, last_crash } = birth;
    let (mailbox, receiver) = Mailbox::<M>::new(params.mailbox, recorder.share());
    let receiver = Rc::new(RefCell::new(receiver));
    let record = Record { recorder, last_crash };
    let core = Core::new(address, kind, incarnation, (params, specification), mailbox, manager, record);
    Born { core: core.clone(), life: Box::pin(run(core, receiver, life)) }
}
