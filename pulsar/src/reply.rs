//! The way back: the slot in which a caller waits, and the handle through which a handler answers.
//!
//! Every ask ends because a [`Reply`] that is dropped unanswered says so. Must not know how a reply crosses
//! processes: a [`Peer`] does that.

mod caller;
#[cfg(all(test, feature = "_shuttle"))]
mod interleavings;

use crate::error::Never;
use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Instant;

use bytes::Bytes;

pub use caller::{Caller, Deferred};

use crate::actor::Context;
use crate::error::{AskError, Failure, Started};
use crate::exit::ExitReason;
use crate::host::{self, LoopId, NO_LOOP};
use crate::id::ActorId;
use crate::message::{EncodeError, Encoder, decode};
use crate::peer::Peer;
use crate::scope;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, lock};
use crate::wire::Wire;

/// Where an answer arrives, whatever its type.
pub(crate) trait AnySlot: Any + Send + Sync {
    /// Ends the ask with a failure. False if it had ended already.
    fn fail(&self, failure: Failure) -> bool;
    /// Ends the ask with the bytes of the value, or of the command's own error. False if it had ended already.
    fn complete(&self, answer: Result<Bytes, Bytes>) -> bool;
    /// Whether nobody waits here any more.
    fn gone(&self) -> bool;
    /// Wakes `waker` once nobody waits here; true if that is so already.
    fn watch(&self, waker: &Waker) -> bool;
    /// Who asked, and until when it waits; the arbiter's id stands for none.
    fn asked(&self) -> (ActorId, Option<Instant>) {
        (ActorId::ARBITER, None)
    }
    /// The loop on which it was asked.
    fn home(&self) -> LoopId {
        NO_LOOP
    }
    fn as_any(&self) -> &dyn Any;
}

/// One ask's answer.
pub(crate) struct Slot<T, E> {
    /// Who asked, on which loop, and until when it waits for the answer.
    sender: ActorId,
    home: LoopId,
    deadline: Option<Instant>,
    waiting: Mutex<Waiting<T, E>>,
    /// Whether it is open no more: looked at for each message, and so without the lock.
    over: AtomicBool,
}

struct Waiting<T, E> {
    phase: Phase<T, E>,
    asker: Option<Waker>,
    watchers: Vec<Waker>,
}

enum Phase<T, E> {
    Open,
    Done(Result<T, AskError<E>>),
    Encoded(Result<Bytes, Bytes>),
    Over,
}

impl<T, E> Slot<T, E> {
    pub(crate) fn new() -> Self {
        Self::asked_by(ActorId::ARBITER, None, None)
    }

    /// One in which `sender` waits, at most until `deadline`; with a waker it waits already.
    #[inline]
    pub(crate) fn asked_by(sender: ActorId, deadline: Option<Instant>, asker: Option<Waker>) -> Self {
        let waiting = Waiting { phase: Phase::Open, asker, watchers: Vec::new() };
        Self { sender, home: host::loop_id(), deadline, waiting: Mutex::new(waiting), over: AtomicBool::new(false) }
    }

    fn finish(&self, phase: Phase<T, E>) -> bool {
        let mut waiting = lock(&self.waiting);
        if !matches!(waiting.phase, Phase::Open) {
            return false;
        }
        waiting.phase = phase;
        self.over.store(true, Ordering::Release);
        let (asker, watchers) = (waiting.asker.take(), std::mem::take(&mut waiting.watchers));
        drop(waiting);
        if let Some(asker) = asker {
            asker.wake();
        }
        if !watchers.is_empty() {
            watchers.into_iter().for_each(Waker::wake);
        }
        true
    }

    fn set(&self, answer: Result<T, AskError<E>>) -> bool {
        self.finish(Phase::Done(answer))
    }

    /// The asker has lost interest. False if the answer was there already.
    pub(crate) fn abandon(&self) -> bool {
        self.finish(Phase::Over)
    }

    /// Nobody comes for the answer any more: it is dropped, whoever else knows the slot.
    pub(crate) fn discard(&self) {
        let phase = std::mem::replace(&mut lock(&self.waiting).phase, Phase::Over);
        self.over.store(true, Ordering::Release);
        drop(phase);
    }
}

impl<T: Wire, E: Wire> Slot<T, E> {
    pub(crate) fn poll(&self, waker: &Waker) -> Poll<Result<T, AskError<E>>> {
        let mut waiting = lock(&self.waiting);
        if matches!(waiting.phase, Phase::Open) {
            if !waiting.asker.as_ref().is_some_and(|known| known.will_wake(waker)) {
                waiting.asker = Some(waker.clone());
            }
            return Poll::Pending;
        }
        let phase = std::mem::replace(&mut waiting.phase, Phase::Over);
        drop(waiting);
        Poll::Ready(match phase {
            Phase::Done(answer) => answer,
            Phase::Encoded(Ok(bytes)) => decode(&bytes).map_err(|error| AskError::Protocol(error.to_string())),
            Phase::Encoded(Err(bytes)) => Err(match decode(&bytes) {
                Ok(error) => AskError::Command(error),
                Err(error) => AskError::Protocol(error.to_string()),
            }),
            Phase::Open | Phase::Over => Err(AskError::NoReply),
        })
    }
}

impl<T: Wire, E: Wire> AnySlot for Slot<T, E> {
    fn fail(&self, failure: Failure) -> bool {
        self.set(Err(failure.widen()))
    }

    fn complete(&self, answer: Result<Bytes, Bytes>) -> bool {
        self.finish(Phase::Encoded(answer))
    }

    #[inline]
    fn gone(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    fn watch(&self, waker: &Waker) -> bool {
        let mut waiting = lock(&self.waiting);
        if matches!(waiting.phase, Phase::Open) {
            watch(&mut waiting.watchers, waker);
            return false;
        }
        true
    }

    #[inline]
    fn asked(&self) -> (ActorId, Option<Instant>) {
        (self.sender, self.deadline)
    }

    #[inline]
    fn home(&self) -> LoopId {
        self.home
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Adds a waker to those that are to be woken, once.
pub(crate) fn watch(watchers: &mut Vec<Waker>, waker: &Waker) {
    if !watchers.iter().any(|known| known.will_wake(waker)) {
        watchers.push(waker.clone());
    }
}

/// Whom a reply goes to.
#[derive(Clone)]
pub(crate) enum ReplyTo {
    Slot(Arc<dyn AnySlot>),
    Peer { peer: Arc<dyn Peer>, request: u64 },
}

impl ReplyTo {
    pub(crate) fn fail(&self, failure: Failure) -> bool {
        match self {
            Self::Slot(slot) => slot.fail(failure),
            Self::Peer { peer, request } => peer.fail(*request, failure),
        }
    }

    pub(crate) fn gone(&self) -> bool {
        match self {
            Self::Slot(slot) => slot.gone(),
            Self::Peer { peer, request } => peer.gone(*request),
        }
    }

    fn watch(&self, waker: &Waker) -> bool {
        match self {
            Self::Slot(slot) => slot.watch(waker),
            Self::Peer { peer, request } => peer.watch(*request, waker),
        }
    }
}

/// The answer that a handler owes; nothing, for a tell.
///
/// Generated code hands a command's value to it. One that is dropped unanswered ends the ask all the same: with the
/// exit reason if the actor is dying, with [`AskError::NoReply`] if it lives.
#[must_use = "a reply that is dropped fails the ask"]
pub struct Reply(Option<ReplyTo>);

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Reply(owed)" } else { "Reply(none)" })
    }
}

impl Reply {
    pub(crate) fn to(to: ReplyTo) -> Self {
        Self(Some(to))
    }

    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// Whether nobody waits for this answer (a tell is never given up).
    #[inline]
    pub(crate) fn gone(&self) -> bool {
        self.0.as_ref().is_some_and(ReplyTo::gone)
    }

    #[inline]
    pub(crate) fn is_tell(&self) -> bool {
        self.0.is_none()
    }

    /// Whether it goes to another process.
    #[inline]
    pub(crate) fn is_far(&self) -> bool {
        matches!(self.0, Some(ReplyTo::Peer { .. }))
    }

    /// The caller, to be watched.
    pub fn caller(&self) -> Caller {
        Caller(self.0.clone())
    }

    /// Answers with a value.
    #[inline]
    pub fn value<T: Wire>(self, value: T) {
        if self.0.is_some() {
            self.send::<T, Never>(Ok(value));
        }
    }

    /// Answers with a value or the command's own error.
    #[inline]
    pub fn result<T: Wire, E: Wire>(self, result: Result<T, E>) {
        if self.0.is_some() {
            self.send(result);
        }
    }

    /// Answers when `deferred` is done, which holds up nothing.
    pub fn deferred<A, T: Wire>(self, cx: &Context<A>, deferred: Deferred<T>) {
        cx.core().spawn_answer(async move { self.value(deferred.await) });
    }

    /// Answers when `deferred` is done, with a value or the command's own error.
    pub fn deferred_result<A, T: Wire, E: Wire>(self, cx: &Context<A>, deferred: Deferred<Result<T, E>>) {
        cx.core().spawn_answer(async move { self.result(deferred.await) });
    }

    /// The caller had gone, and the handler was dropped for it.
    pub fn cancelled(mut self) {
        if let Some(to) = self.0.take() {
            to.fail(Failure::NoReply);
        }
    }

    /// Answers with a failure of the delivery.
    pub(crate) fn fail(mut self, failure: Failure) {
        if let Some(to) = self.0.take() {
            to.fail(failure);
        }
    }

    /// Answers with a value that is encoded wherever the caller is: built-in commands do.
    pub(crate) fn encoded(mut self, answer: Result<Bytes, Bytes>) {
        let Some(to) = self.0.take() else { return };
        let sent = match &to {
            ReplyTo::Slot(slot) => slot.complete(answer),
            ReplyTo::Peer { peer, request } => {
                let (ok, bytes) = match &answer {
                    Ok(bytes) => (true, bytes),
                    Err(bytes) => (false, bytes),
                };
                peer.answer(*request, ok, &mut |out| {
                    out.put_raw(bytes);
                    Ok(())
                })
            }
        };
        count_late(sent);
    }

    fn send<T: Wire, E: Wire>(mut self, result: Result<T, E>) {
        let Some(to) = self.0.take() else { return };
        let sent = match to {
            ReplyTo::Slot(slot) => match slot.as_any().downcast_ref::<Slot<T, E>>() {
                Some(typed) => typed.set(result.map_err(AskError::Command)),
                // A caller that knows the actor only by name has encoded slots.
                None => match encode_result(&result) {
                    Ok(answer) => slot.complete(answer),
                    Err(error) => slot.fail(Failure::Unencodable(error.to_string())),
                },
            },
            ReplyTo::Peer { peer, request } => match &result {
                Ok(value) => peer.answer(request, true, &mut |out: &mut Encoder<'_>| out.put(value)),
                Err(error) => peer.answer(request, false, &mut |out: &mut Encoder<'_>| out.put(error)),
            },
        };
        count_late(sent);
    }

    /// Whom it goes to.
    #[inline]
    pub(crate) fn owed(&self) -> Option<ReplyTo> {
        self.0.clone()
    }

    /// Whether whoever asked waits on this thread's loop: where that does not go on, neither does the asker.
    #[inline]
    pub(crate) fn is_near(&self) -> bool {
        matches!(&self.0, Some(ReplyTo::Slot(slot)) if slot.home() == host::loop_id())
    }

    /// Takes the address out, so that dropping says nothing.
    pub(crate) fn into_to(mut self) -> Option<ReplyTo> {
        self.0.take()
    }
}

fn encode_result<T: Wire, E: Wire>(result: &Result<T, E>) -> Result<Result<Bytes, Bytes>, EncodeError> {
    Ok(match result {
        Ok(value) => Ok(crate::message::encode(value)?),
        Err(error) => Err(crate::message::encode(error)?),
    })
}

/// A reply that came after its caller had gone is dropped, and counted.
fn count_late(sent: bool) {
    if !sent {
        scope::with_core(|core| core.count_late());
    }
}

impl Drop for Reply {
    #[inline]
    fn drop(&mut self) {
        if let Some(to) = self.0.take() {
            unanswered(to);
        }
    }
}

/// An answer was dropped that somebody waits for.
#[cold]
fn unanswered(to: ReplyTo) {
    let mut to = Some(to);
    // The reason of a dying actor is known only when it is dead: the runner answers then.
    scope::with_core(|core| {
        if core.is_ending() || std::thread::panicking() {
            core.add_orphan(to.take());
        }
    });
    if let Some(to) = to {
        to.fail(Failure::NoReply);
    }
}

/// Fails what died with an incarnation while it was being handled.
pub(crate) fn fail_orphans(orphans: Vec<ReplyTo>, reason: &ExitReason) {
    for orphan in orphans {
        orphan.fail(Failure::died(reason.clone(), Started::Yes));
    }
}
