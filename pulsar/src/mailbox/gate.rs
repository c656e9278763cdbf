//! Room, and who waits for it: first come, first served. Pure bookkeeping under its owner's lock.

use std::collections::VecDeque;
use std::task::Waker;

/// A sender's place among those who wait.
#[derive(Debug, Default)]
pub(crate) struct Ticket(Option<u64>);

impl Ticket {
    pub(crate) fn is_held(&self) -> bool {
        self.0.is_some()
    }

    /// Forgets the place without giving it back: the gate it belonged to is gone.
    pub(crate) fn void(&mut self) {
        self.0 = None;
    }
}

/// Bounds how much may be inside at once.
#[derive(Debug)]
pub(crate) struct Gate {
    capacity: u32,
    /// How many are inside that this gate does not bound.
    pub(crate) outside: u64,
    /// Most mailboxes are never full.
    line: Option<Box<Line>>,
}

/// Who waits.
#[derive(Debug, Default)]
struct Line {
    next: u64,
    waiting: VecDeque<(u64, Waker)>,
    /// Those who were told that there is room and have not come yet.
    granted: Vec<u64>,
}

impl Gate {
    pub(crate) fn new(capacity: u32) -> Self {
        Self { capacity, outside: 0, line: None }
    }

    pub(crate) fn capacity(&self) -> u32 {
        self.capacity
    }

    #[inline]
    pub(crate) fn waiting(&self) -> usize {
        self.line.as_ref().map_or(0, |line| line.waiting.len())
    }

    /// How many wait, or were promised a place.
    pub(crate) fn in_line(&self) -> usize {
        self.line.as_ref().map_or(0, |line| line.waiting.len() + line.granted.len())
    }

    fn granted(&self) -> u64 {
        self.line.as_ref().map_or(0, |line| line.granted.len() as u64)
    }

    /// How many more may come in, beside those who were promised a place.
    #[inline]
    fn room(&self, inside: u64) -> u64 {
        let held = inside.saturating_sub(self.outside) + self.granted();
        u64::from(self.capacity).saturating_sub(held)
    }

    /// Whether somebody without a ticket may come in: where there is room beyond a place for each of those who wait.
    #[inline]
    pub(crate) fn is_open(&self, inside: u64) -> bool {
        self.room(inside) > self.waiting() as u64
    }

    /// How many may come in unasked: none while anybody waits.
    pub(crate) fn free(&self, inside: u64) -> u32 {
        if self.waiting() > 0 { 0 } else { u32::try_from(self.room(inside)).unwrap_or(self.capacity) }
    }

    /// Lets the holder of `ticket` in, if there is room and it is its turn.
    pub(crate) fn enter(&mut self, inside: u64, ticket: &mut Ticket) -> bool {
        if let Some(number) = ticket.0 {
            let Some(line) = &mut self.line else { return false };
            let Some(at) = line.granted.iter().position(|&granted| granted == number) else { return false };
            line.granted.swap_remove(at);
            ticket.0 = None;
            return true;
        }
        self.is_open(inside)
    }

    /// Keeps a place for the holder of `ticket`, who is woken when it is its turn.
    pub(crate) fn wait(&mut self, ticket: &mut Ticket, waker: &Waker) {
        let line = self.line.get_or_insert_default();
        match ticket.0 {
            Some(number) => match line.waiting.iter_mut().find(|(waiting, _)| *waiting == number) {
                Some((_, known)) if known.will_wake(waker) => {}
                Some((_, known)) => *known = waker.clone(),
                None => {}
            },
            None => {
                line.next += 1;
                ticket.0 = Some(line.next);
                line.waiting.push_back((line.next, waker.clone()));
            }
        }
    }

    /// Promises what room there is to those who wait longest.
    pub(crate) fn release(&mut self, inside: u64) -> Vec<Waker> {
        self.release_some(inside, u64::MAX)
    }

    /// The same, to so many at most.
    fn release_some(&mut self, inside: u64, most: u64) -> Vec<Waker> {
        let mut woken = Vec::new();
        for _ in 0..self.room(inside).min(most) {
            let Some(line) = &mut self.line else { break };
            let Some((number, waker)) = line.waiting.pop_front() else { break };
            line.granted.push(number);
            woken.push(waker);
        }
        woken
    }

    /// The same, to one for each `portion` of it, those who are on their way counted: whoever is woken goes on while there is
    /// room, and those behind need not be woken for a message each.
    pub(crate) fn release_by(&mut self, inside: u64, portion: u64) -> Vec<Waker> {
        let most = self.room(inside).div_ceil(portion.max(1));
        self.release_some(inside, most.saturating_sub(self.granted()))
    }

    /// The holder of `ticket` does not come any more.
    pub(crate) fn forget(&mut self, ticket: &mut Ticket, inside: u64) -> Vec<Waker> {
        let Some(number) = ticket.0.take() else { return Vec::new() };
        if let Some(line) = &mut self.line {
            line.waiting.retain(|(waiting, _)| *waiting != number);
            line.granted.retain(|&granted| granted != number);
        }
        self.release(inside)
    }

    /// Nobody comes in any more: all who wait are woken to find that out.
    pub(crate) fn close(&mut self) -> Vec<Waker> {
        // The numbers of tickets go on: one that waited here must not be taken for another.
        let Some(line) = &mut self.line else { return Vec::new() };
        line.granted.clear();
        line.waiting.drain(..).map(|(_, waker)| waker).collect()
    }
}

/// How many messages of each other process are inside: a process that respects its window is never refused.
#[derive(Debug, Default)]
pub(crate) struct Inside(Vec<(u32, u32)>);

impl Inside {
    /// So many come in together, or none.
    pub(crate) fn enter(&mut self, process: u32, count: u32, window: u32) -> bool {
        match self.0.iter_mut().find(|(known, _)| *known == process) {
            Some((_, inside)) if count > window.saturating_sub(*inside) => false,
            Some((_, inside)) => {
                *inside += count;
                true
            }
            None if count > window => false,
            None => {
                self.0.push((process, count));
                true
            }
        }
    }

    pub(crate) fn leave(&mut self, process: u32, count: u32) {
        if let Some(at) = self.0.iter().position(|(known, _)| *known == process) {
            let Some((_, inside)) = self.0.get_mut(at) else { return };
            *inside = inside.saturating_sub(count);
            if *inside == 0 {
                self.0.swap_remove(at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_woken_for_a_portion_and_goes_on_while_there_is_room_for_those_who_wait() {
        let mut gate = Gate::new(8);
        let mut tickets = [(); 3].map(|()| Ticket::default());
        for ticket in &mut tickets {
            assert!(!gate.enter(8, ticket));
            gate.wait(ticket, Waker::noop());
        }
        // Two places are free: the first has one, and nobody comes before the others.
        assert_eq!(gate.release_by(6, 2).len(), 1);
        let [first, second, third] = &mut tickets;
        assert!(gate.enter(6, first) && !gate.enter(6, second));
        assert!(!gate.is_open(7));
        // Four are: two for those who wait, and what is beyond for whoever comes.
        assert!(gate.is_open(4) && gate.is_open(5) && !gate.is_open(6));
        // What the one who was woken leaves is the next one's.
        assert_eq!(gate.release_by(4, 2).len(), 2);
        assert!(gate.enter(4, third) && gate.enter(5, second));
        assert!(gate.is_open(7) && !gate.is_open(8));
        // Whoever rests leaves nobody waiting.
        let mut waits = [(); 3].map(|()| Ticket::default());
        waits.iter_mut().for_each(|ticket| gate.wait(ticket, Waker::noop()));
        assert_eq!(gate.release(0).len(), 3);
    }
}
