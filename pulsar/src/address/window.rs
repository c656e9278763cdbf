//! How many messages this process may still have on their way to one incarnation elsewhere. Must not know how they travel.

use std::sync::Arc;
use std::task::Waker;

use super::MAX_WINDOW;
use crate::mailbox::{Gate, Ticket};
use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sync::{Mutex, MutexGuard, lock};

/// The room there is, and who waits for it.
pub(crate) struct Window {
    /// Places that may be taken without the lock: there are some only while nobody waits.
    free: AtomicU32,
    state: Mutex<WindowState>,
}

struct WindowState {
    gate: Gate,
    /// With the places that are free.
    on_the_way: u64,
    /// How many of these are known to have been taken: room is given back for many at once.
    answered: u64,
    closed: bool,
}

/// What a window says to a sender.
pub(crate) enum Entry {
    Open,
    Full,
    Closed,
}

/// The state while it is changed: no place is free then, and who would take one waits for the lock.
struct Changing<'a> {
    free: &'a AtomicU32,
    state: MutexGuard<'a, WindowState>,
}

impl<'a> Changing<'a> {
    fn begin(window: &'a Window) -> Self {
        let mut state = lock(&window.state);
        state.on_the_way -= u64::from(window.free.swap(0, Ordering::AcqRel));
        Self { free: &window.free, state }
    }
}

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        let state = &mut *self.state;
        let room = if state.closed { 0 } else { state.gate.free(state.on_the_way) };
        state.on_the_way += u64::from(room);
        self.free.store(room, Ordering::Release);
    }
}

impl Window {
    pub(crate) fn new(capacity: u32) -> Arc<Self> {
        let gate = Gate::new(capacity.clamp(1, MAX_WINDOW));
        let state = Mutex::new(WindowState { gate, on_the_way: 0, answered: 0, closed: false });
        let window = Self { free: AtomicU32::new(0), state };
        drop(Changing::begin(&window));
        Arc::new(window)
    }

    pub(crate) fn capacity(&self) -> u32 {
        lock(&self.state).gate.capacity()
    }

    /// How many messages may not have been taken yet.
    pub(super) fn waiting(&self) -> u64 {
        let changing = Changing::begin(self);
        changing.state.on_the_way.saturating_sub(changing.state.answered)
    }

    /// One of the messages was answered, so it has been taken.
    pub(super) fn answered(&self) {
        let mut changing = Changing::begin(self);
        let state = &mut *changing.state;
        state.answered = state.on_the_way.min(state.answered + 1);
    }

    /// Lets one in that has not waited, where nobody does and there is room.
    #[inline]
    pub(crate) fn enter_now(&self) -> bool {
        let taken = self.free.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |free| free.checked_sub(1));
        taken.is_ok()
    }

    pub(crate) fn enter(&self, ticket: &mut Ticket, waker: Option<&Waker>) -> Entry {
        let mut changing = Changing::begin(self);
        let state = &mut *changing.state;
        if state.closed {
            return Entry::Closed;
        }
        let inside = state.on_the_way;
        if state.gate.enter(inside, ticket) {
            state.on_the_way += 1;
            return Entry::Open;
        }
        if let Some(waker) = waker {
            state.gate.wait(ticket, waker);
        }
        Entry::Full
    }

    /// The other side has taken `count` messages. False if there were not so many.
    pub(crate) fn credit(&self, count: u64) -> bool {
        let mut changing = Changing::begin(self);
        let state = &mut *changing.state;
        if count > state.on_the_way {
            return false;
        }
        state.on_the_way -= count;
        state.answered = state.answered.saturating_sub(count).min(state.on_the_way);
        let woken = state.gate.release(state.on_the_way);
        drop(changing);
        woken.into_iter().for_each(Waker::wake);
        true
    }

    pub(crate) fn close(&self) {
        let mut changing = Changing::begin(self);
        changing.state.closed = true;
        let woken = changing.state.gate.close();
        drop(changing);
        woken.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn forget(&self, ticket: &mut Ticket) {
        let mut changing = Changing::begin(self);
        let inside = changing.state.on_the_way;
        let woken = changing.state.gate.forget(ticket, inside);
        drop(changing);
        woken.into_iter().for_each(Waker::wake);
    }
}
