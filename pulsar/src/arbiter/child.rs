//! What the arbiter holds of one actor.

use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use super::binary::Binary;
use super::group::Asked;
use super::output::Taps;
use crate::actor::{ActorEntry, Info};
use crate::address::Address;
use crate::command::SpawnRequest;
use crate::concurrency::sys::{self, ChildHandle};
use crate::concurrency::task_loop::TaskLoop;
use crate::crash::CrashReport;
use crate::exit::ExitReason;
use crate::id::{ActorId, Incarnation, State};
use crate::link::Link;
use crate::recorder::{Recorded, Recorder};
use crate::reply::Reply;

/// The control lane of an actor in this process, which its own thread opens.
pub(crate) use crate::concurrency::thread::Lane;

/// An actor that the arbiter manages.
pub(super) struct Child {
    /// Its name among its siblings.
    pub(super) name: String,
    /// The supervisor or pool above it, if there is one.
    pub(super) parent: Option<ActorId>,
    pub(super) request: SpawnRequest,
    pub(super) entry: &'static ActorEntry,
    pub(super) address: Arc<Address>,
    pub(super) incarnation: Incarnation,
    pub(super) state: State,
    pub(super) place: Place,
    /// Whoever asked for it, until it is ready.
    pub(super) spawned: Option<Asked>,
    /// Whoever waits until it is gone.
    pub(super) stopped: Vec<Reply>,
    /// Whoever waits to hear why it is gone.
    pub(super) awaited: Vec<Reply>,
    /// What its next process is to run, and what its present one does.
    pub(super) binary: Rc<Binary>,
    pub(super) runs: Rc<Binary>,
    /// What it last said of itself.
    pub(super) info: Option<Box<Info>>,
    /// What it said of its end, before it ended.
    pub(super) last_words: Option<LastWords>,
    /// Where its present incarnation notes what it is at.
    pub(super) black_box: BlackBox,
    /// When its present incarnation was begun.
    pub(super) began: Instant,
    /// How the incarnation before ended, if that was no normal end.
    pub(super) last_crash: Option<Arc<CrashReport>>,
}

/// What an incarnation says of its own end.
pub(super) struct LastWords {
    pub(super) reason: ExitReason,
    /// How many tells died with it.
    pub(super) lost: u64,
}

/// Where an incarnation notes what it is at.
pub(super) enum BlackBox {
    /// There is none, or it could not be made: nothing is known.
    None,
    Words(Recorder),
    /// Memory that its process writes to.
    Memory(OwnedFd),
}

impl BlackBox {
    pub(super) fn read(&self) -> Recorded {
        match self {
            Self::None => Recorded::default(),
            Self::Words(recorder) => recorder.read(),
            Self::Memory(memory) => sys::read_words(memory).unwrap_or_default(),
        }
    }
}

impl Child {
    pub(super) fn new(
        name: String,
        parent: Option<ActorId>,
        request: SpawnRequest,
        entry: &'static ActorEntry,
        address: Arc<Address>,
        binary: Rc<Binary>,
    ) -> Self {
        Self {
            name,
            parent,
            request,
            entry,
            address,
            runs: binary.clone(),
            binary,
            incarnation: 0,
            state: State::Initial,
            place: Place::None,
            spawned: None,
            stopped: Vec::new(),
            awaited: Vec::new(),
            info: None,
            last_words: None,
            black_box: BlackBox::None,
            began: Instant::now(),
            last_crash: None,
        }
    }
}

/// Where its present incarnation is.
pub(super) enum Place {
    None,
    Thread(Lane),
    /// On the loop that the arbiter keeps for the task actors of trees.
    Task(Lane, Arc<TaskLoop>),
    Process {
        number: u32,
        link: Arc<Link>,
        handle: ProcessHandle,
        taps: Rc<Taps>,
    },
}

/// The process of an actor; the task that waits for its end shares it.
pub(super) type ProcessHandle = Rc<std::cell::RefCell<ChildHandle>>;

impl Place {
    pub(super) fn pid(&self) -> Option<u32> {
        match self {
            Self::Process { handle, .. } => Some(handle.borrow().pid()),
            Self::None | Self::Thread(_) | Self::Task(..) => None,
        }
    }
}
