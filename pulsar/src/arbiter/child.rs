//! What the arbiter holds of one actor.

use std::sync::Arc;

use crate::actor::{ActorEntry, Info};
use crate::address::Address;
use crate::command::SpawnRequest;
use crate::concurrency::sys::ChildHandle;
use crate::exit::ExitReason;
use crate::id::{Incarnation, State};
use crate::link::Link;
use crate::reply::Reply;

/// The control lane of an actor in this process, which its own thread opens.
pub(crate) use crate::concurrency::thread::Lane;

/// An actor that the arbiter manages.
pub(super) struct Child {
    pub(super) request: SpawnRequest,
    pub(super) entry: &'static ActorEntry,
    pub(super) address: Arc<Address>,
    pub(super) incarnation: Incarnation,
    pub(super) state: State,
    pub(super) place: Place,
    /// Whoever asked for it, until it is ready.
    pub(super) spawned: Option<Reply>,
    /// Whoever waits until it is gone.
    pub(super) stopped: Vec<Reply>,
    /// What it last said of itself.
    pub(super) info: Option<Box<Info>>,
    /// What it said of its end, before it ended.
    pub(super) last_words: Option<ExitReason>,
}

/// Where its present incarnation is.
pub(super) enum Place {
    None,
    Thread(Lane),
    Process { number: u32, link: Arc<Link>, handle: ProcessHandle },
}

/// The process of an actor; the task that waits for its end shares it.
pub(super) type ProcessHandle = std::rc::Rc<std::cell::RefCell<ChildHandle>>;

impl Place {
    pub(super) fn pid(&self) -> Option<u32> {
        match self {
            Self::Process { handle, .. } => Some(handle.borrow().pid()),
            Self::None | Self::Thread(_) => None,
        }
    }
}
