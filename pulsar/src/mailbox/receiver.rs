//! The half of a mailbox that its actor owns: it takes messages out together, and gives room to those who wait for it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

use super::{AnyMailbox, Body, ControlItem, EncodedTells, Inner, Item, Mailbox, Origin, fail_unstarted};
use crate::exit::ExitReason;
use crate::host;
use crate::id::ActorId;
use crate::message::Tag;
use crate::reply::ReplyTo;
use crate::sync::atomic::Ordering;
use crate::sync::lock;

/// The half of the actor that owns the mailbox.
pub(crate) struct Receiver<M> {
    mailbox: Arc<Mailbox<M>>,
    batch: VecDeque<Item<M>>,
    /// What another process has told, and comes next.
    told: Option<Box<EncodedTells>>,
    taken: u64,
    /// How many had come from elsewhere when it last took them out.
    drained: u64,
    /// How many were taken when room was last given to those who wait, and how many are taken before it is given again: so
    /// that they are not woken for each. Whoever takes long over a message gives it sooner.
    granted: u64,
    portion: u64,
    /// How many were taken when it last waited beside its handler, and how it is woken then.
    beside: Option<(u64, Waker)>,
}

impl<M: Send + 'static> Receiver<M> {
    pub(super) fn new(mailbox: Arc<Mailbox<M>>, capacity: u32) -> Self {
        let portion = u64::from(capacity / 4).max(1);
        Self { mailbox, batch: VecDeque::new(), told: None, taken: 0, drained: 0, granted: 0, portion, beside: None }
    }

    /// Puts the next message into `slot`. If there is none, the next to arrive wakes `waker`.
    pub(crate) fn poll_next(&mut self, waker: &Waker, slot: &mut Option<Item<M>>) -> bool {
        if !self.batch.is_empty() || self.told.is_some() {
            return self.next_at_hand(slot);
        }
        let mailbox = &*self.mailbox;
        let near = mailbox.near.with(|near| {
            let item = near.queue.pop_front();
            let is_known = || near.waker.as_ref().is_some_and(|known| known.will_wake(waker));
            // Whoever comes from elsewhere wakes it, and has not come.
            near.rests = item.is_none() && !mailbox.roused.load(Ordering::Acquire) && is_known();
            (item, near.rests)
        });
        match near {
            Some((Some(item), _)) => {
                self.take(item, slot);
                return true;
            }
            Some((None, true)) if mailbox.waiting.load(Ordering::Relaxed) == 0 => return false,
            _ => {}
        }
        let mut inner = lock(&self.mailbox.inner);
        let found = !inner.queue.is_empty();
        // Seldom does anybody wait: nothing is made for whoever does not.
        let woken = (inner.gate.in_line() > 0).then(|| self.settle(&mut inner, !found));
        let mut called = false;
        if found {
            std::mem::swap(&mut inner.queue, &mut self.batch);
            inner.asks = 0;
            let drained = mailbox.pushed.load(Ordering::Relaxed);
            mailbox.near.with(|near| near.drained = drained);
            host::count_taken(usize::try_from(drained - self.drained).unwrap_or(usize::MAX));
            self.drained = drained;
        } else {
            if !inner.idle.as_ref().is_some_and(|known| known.will_wake(waker)) {
                inner.idle = Some(waker.clone());
            }
            mailbox.roused.store(false, Ordering::Release);
            mailbox.near.with(|near| {
                if !near.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
                    near.waker = Some(waker.clone());
                }
                near.rests = true;
            });
            called = !inner.control.is_empty();
        }
        drop(inner);
        if let Some(woken) = woken {
            wake(woken);
        }
        if called {
            waker.wake_by_ref();
        }
        found && self.next_at_hand(slot)
    }

    /// Puts the next of those that were taken out together into `slot`, if there is one.
    #[inline]
    pub(crate) fn next_at_hand(&mut self, slot: &mut Option<Item<M>>) -> bool {
        if let Some(told) = &self.told {
            let at_hand = told.tells.left().saturating_sub(1);
            self.mailbox.at_hand.store(at_hand, Ordering::Relaxed);
            *slot = Some(Item::told(Body::Told));
            self.took(at_hand);
            return true;
        }
        let Some(item) =
            self.batch.pop_front().or_else(|| self.mailbox.near.with(|near| near.queue.pop_front()).flatten())
        else {
            return false;
        };
        self.take(item, slot);
        true
    }

    #[inline]
    fn take(&mut self, item: Item<M>, slot: &mut Option<Item<M>>) {
        let mut at_hand = 0;
        *slot = Some(match item.body {
            Body::Typed(_) | Body::Open(_) => {
                self.taken += 1;
                item
            }
            Body::Encoded(_) | Body::Tells(_) | Body::Told => self.take_far(item, &mut at_hand),
        });
        self.took(at_hand);
    }

    /// One has left the queue, and so many beside it.
    #[inline]
    fn took(&mut self, at_hand: u32) {
        // Whoever begins to wait may read this late, and be seen late: `settle` puts that right under the lock, before
        // the receiver rests or its handler waits. That keeps a message free of fences.
        self.mailbox.taken.store(self.taken, Ordering::Release);
        self.mailbox.recorder.taken(self.taken - u64::from(at_hand));
        if self.taken - self.granted >= self.portion {
            self.grant_room();
        }
    }

    /// Something from another process has its turn: messages that came together leave the queue together. Says how many are at
    /// hand then, beside the next.
    fn take_far(&mut self, item: Item<M>, at_hand: &mut u32) -> Item<M> {
        let (process, count) = match &item.body {
            Body::Encoded(call) => (call.content.peer.process(), 1),
            Body::Tells(tells) => (tells.origin.process, tells.tells.left()),
            _ => return item,
        };
        // Before it counts as taken: a sender that looks between the two may find less room than there is, never more.
        let mut inner = lock(&self.mailbox.inner);
        inner.gate.outside -= u64::from(count);
        inner.remote.leave(process, count);
        drop(inner);
        self.taken += u64::from(count);
        *at_hand = count.saturating_sub(1);
        self.mailbox.at_hand.store(*at_hand, Ordering::Relaxed);
        match item.body {
            Body::Tells(tells) => {
                self.told = Some(tells);
                Item::told(Body::Told)
            }
            _ => item,
        }
    }

    /// The next of what another process has told, for `f`, which may panic: it has been taken then.
    #[inline]
    pub(crate) fn next_told<R>(&mut self, f: impl FnOnce(&Origin, ActorId, Tag, &[u8]) -> R) -> Option<R> {
        let EncodedTells { tells, origin } = &mut **self.told.as_mut()?;
        let done = tells.next().map(|(tag, sender, payload)| f(origin, sender, tag, payload));
        if tells.left() == 0 {
            self.told = None;
        }
        done
    }

    /// Gives the room there is to those who wait for it: to all of them, where the receiver is about to rest.
    fn settle(&self, inner: &mut Inner<M>, rests: bool) -> Vec<Waker> {
        let pending = self.mailbox.pending(self.taken);
        let woken = if rests { inner.gate.release(pending) } else { inner.gate.release_by(pending, self.portion) };
        self.mailbox.waiting.store(inner.gate.in_line(), Ordering::Relaxed);
        woken
    }

    /// Gives room to those who wait for it, if any does: to one for each portion, for the receiver goes on.
    pub(crate) fn grant_room(&mut self) {
        self.granted = self.taken;
        if self.mailbox.waiting.load(Ordering::Relaxed) > 0 {
            self.mailbox.grant_room(self.portion);
        }
    }

    /// Whether a built-in command waits.
    #[inline]
    pub(crate) fn is_called(&self) -> bool {
        self.mailbox.control.load(Ordering::Relaxed)
    }

    /// A handler begins, or has ended, that owes an answer.
    pub(crate) fn set_owed(&self, owed: Option<ReplyTo>) {
        *lock(&self.mailbox.owed) = owed;
    }

    /// The next built-in command, if there is one. With a waker, the next to arrive wakes it.
    pub(crate) fn next_control(&mut self, waker: Option<&Waker>) -> Option<ControlItem> {
        if self.mailbox.control.load(Ordering::Acquire) {
            // Whoever called has taken the waker.
            self.beside = None;
        } else {
            let known = |waker: &Waker| {
                self.beside.as_ref().is_some_and(|(taken, known)| *taken == self.taken && known.will_wake(waker))
            };
            if waker.is_none_or(known) {
                return None;
            }
        }
        let mut inner = lock(&self.mailbox.inner);
        let item = inner.control.pop_front();
        if item.is_some() {
            return item;
        }
        self.mailbox.control.store(false, Ordering::Release);
        if let Some(waker) = waker {
            inner.busy = Some(waker.clone());
            let woken = self.settle(&mut inner, true);
            drop(inner);
            wake(woken);
            self.beside = Some((self.taken, waker.clone()));
        }
        None
    }

    /// Ends the incarnation: fails what was accepted and not begun. Returns how many tells were lost.
    pub(crate) fn close(&mut self, reason: &ExitReason) -> u64 {
        let told = self.told.take().map_or(0, |told| u64::from(told.tells.left()));
        let near = self.mailbox.near.with(std::mem::take).unwrap_or_default().queue;
        let lost: u64 = self.batch.drain(..).chain(near).map(|item| fail_unstarted(item, reason)).sum();
        told + lost + self.mailbox.close(reason)
    }
}

fn wake(woken: Vec<Waker>) {
    woken.into_iter().for_each(Waker::wake);
}
