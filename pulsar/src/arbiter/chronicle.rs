//! What has happened in the tree: kept for a while for whoever listens, and logged.

use std::collections::VecDeque;
use std::time::SystemTime;

use super::Arbiter;
use crate::events::{Change, Heard, TreeEvent};
use crate::id::{ActorId, Incarnation};
use crate::reply::Reply;
use crate::runner::send_answer;

/// How many events are kept.
const KEPT: usize = 1024;

/// How many listeners may wait at once: those of a program, and then some.
const MAX_LISTENERS: usize = 1024;

/// The events of late, and who waits for the next.
#[derive(Default)]
pub(super) struct Chronicle {
    events: VecDeque<TreeEvent>,
    /// How many there were.
    count: u64,
    listeners: Vec<(u64, Reply)>,
}

impl Chronicle {
    fn add(&mut self, actor: String, id: ActorId, incarnation: Incarnation, change: Change) -> TreeEvent {
        self.count += 1;
        let event = TreeEvent { sequence: self.count, at: SystemTime::now(), actor, id, incarnation, change };
        self.events.push_back(event.clone());
        if self.events.len() > KEPT {
            self.events.pop_front();
        }
        event
    }

    /// What came after `after`.
    fn since(&self, after: u64) -> Heard {
        let first = self.count - self.events.len() as u64;
        let skip = usize::try_from(after.saturating_sub(first)).unwrap_or(usize::MAX);
        Heard {
            events: self.events.iter().skip(skip).cloned().collect(),
            next: self.count,
            missed: first.saturating_sub(after),
        }
    }
}

impl Arbiter {
    /// Says what has happened to one node of the tree.
    pub(super) fn say(&mut self, id: ActorId, change: Change) {
        let incarnation = self.machine.get(id).map_or(1, |node| node.incarnation());
        let incarnation = self.children.get(&id).map_or(incarnation, |child| child.incarnation);
        let label = if id == ActorId::ARBITER { "the arbiter".into() } else { self.label(id) };
        self.say_of(label, id, incarnation, change);
    }

    /// Says what has happened to an actor that others keep.
    pub(super) fn say_of(&mut self, label: String, id: ActorId, incarnation: Incarnation, change: Change) {
        let event = self.chronicle.add(label, id, incarnation, change);
        self.log.event(event);
        for (after, reply) in std::mem::take(&mut self.chronicle.listeners) {
            send_answer(reply, &Ok::<_, ()>(self.chronicle.since(after)));
        }
    }

    /// Somebody listens.
    pub(super) fn listen(&mut self, after: Option<u64>, reply: Reply) {
        let Some(after) = after.filter(|&after| after == self.chronicle.count) else {
            let heard = match after {
                Some(after) => self.chronicle.since(after.min(self.chronicle.count)),
                None => Heard { events: Vec::new(), next: self.chronicle.count, missed: 0 },
            };
            return send_answer(reply, &Ok::<_, ()>(heard));
        };
        self.chronicle.listeners.retain(|(_, reply)| !reply.gone());
        if self.chronicle.listeners.len() >= MAX_LISTENERS {
            let text = format!("more than {MAX_LISTENERS} listen to the events of this program");
            return reply.fail(crate::error::Failure::Protocol(text));
        }
        self.chronicle.listeners.push((after, reply));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(chronicle: &Chronicle, after: u64) -> (Vec<u64>, u64, u64) {
        let Heard { events, next, missed } = chronicle.since(after);
        (events.iter().map(|event| event.sequence).collect(), next, missed)
    }

    #[test]
    fn who_is_too_slow_is_told_how_many_were_missed() {
        let mut chronicle = Chronicle::default();
        let mut add = |times: usize| {
            for _ in 0..times {
                chronicle.add("a".into(), ActorId::ARBITER, 1, Change::Ready);
            }
            chronicle.events.len()
        };
        assert_eq!(add(3), 3);
        assert_eq!(add(KEPT), KEPT);
        assert_eq!(heard(&chronicle, 1027), (vec![], 1027, 0));
        assert_eq!(heard(&chronicle, 1025), (vec![1026, 1027], 1027, 0));
        let (events, next, missed) = heard(&chronicle, 1);
        assert_eq!((events.len(), events.first(), next, missed), (KEPT, Some(&4), 1027, 2));
    }
}
