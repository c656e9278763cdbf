//! The black box of an incarnation: a few words in which it notes what it is at, for those who look when it is dead.
//!
//! Relaxed stores and no system call: a message pays next to nothing for it. Must not know where the words lie: those of
//! a process are shared with the arbiter, those of a thread or a task are on the heap.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::message::Tag;

/// The words. Each half has a cache line that only one side writes.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub(crate) struct Words {
    /// The command it began last: its tag, and the flags below. Written by the runner.
    command: AtomicU64,
    /// How many messages it has handled. Written by the runner.
    handled: AtomicU64,
    /// How many messages it has taken out of its mailbox. Written by the runner.
    taken: AtomicU64,
    /// How many messages its mailbox has accepted from its own loop. Written by whoever sends there.
    accepted_near: AtomicU64,
    runner: [AtomicU64; 4],
    /// How many messages its mailbox has accepted from elsewhere. Written by whoever sends, under the mailbox's lock.
    accepted: AtomicU64,
    senders: [AtomicU64; 7],
}

/// How many bytes the words are.
pub(crate) const SIZE: usize = size_of::<Words>();

/// A command was begun.
const BEGUN: u64 = 1 << 32;

/// It is not done yet.
const RUNNING: u64 = 1 << 33;

/// Where an incarnation notes what it is at.
#[derive(Debug)]
pub(crate) enum Recorder {
    /// In memory that is shared with the arbiter for as long as this process lives.
    Shared(&'static Words),
    Heap(Arc<Words>),
    /// Of a task, of which nobody outside reads: what its mailbox knows itself is not noted.
    Own(Own),
    /// For the mailbox of such a one.
    Off,
}

/// The words of the runner, where the runner is.
#[derive(Debug, Default)]
pub(crate) struct Own {
    command: AtomicU64,
    handled: AtomicU64,
}

/// What was found noted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) last: Option<Tag>,
    pub(crate) running: bool,
    pub(crate) handled: u64,
    pub(crate) waiting: u64,
}

impl Default for Recorder {
    fn default() -> Self {
        Self::Heap(Arc::default())
    }
}

impl Recorder {
    /// One that takes no more room than it must.
    pub(crate) fn own() -> Self {
        Self::Own(Own::default())
    }

    /// For another who notes, or looks: of one that nobody looks at from outside there is nothing.
    pub(crate) fn share(&self) -> Self {
        match self {
            Self::Shared(words) => Self::Shared(words),
            Self::Heap(words) => Self::Heap(words.clone()),
            Self::Own(_) | Self::Off => Self::Off,
        }
    }

    /// The words that all have: the command, and how many were handled.
    #[inline]
    fn runner(&self) -> Option<(&AtomicU64, &AtomicU64)> {
        match self {
            Self::Shared(words) => Some((&words.command, &words.handled)),
            Self::Heap(words) => Some((&words.command, &words.handled)),
            Self::Own(words) => Some((&words.command, &words.handled)),
            Self::Off => None,
        }
    }

    /// Those that are read from outside.
    #[inline]
    fn words(&self) -> Option<&Words> {
        match self {
            Self::Shared(words) => Some(words),
            Self::Heap(words) => Some(words),
            Self::Own(_) | Self::Off => None,
        }
    }

    /// A command begins.
    #[inline]
    pub(crate) fn begin(&self, tag: Tag) -> Tag {
        if let Some((command, _)) = self.runner() {
            command.store(u64::from(tag) | BEGUN | RUNNING, Ordering::Relaxed);
        }
        tag
    }

    /// The command is done, as the `handled`th message.
    #[inline]
    pub(crate) fn done(&self, tag: Tag, handled: u64) {
        if let Some((command, count)) = self.runner() {
            command.store(u64::from(tag) | BEGUN, Ordering::Relaxed);
            count.store(handled, Ordering::Relaxed);
        }
    }

    /// So many messages were ever taken out of the mailbox.
    #[inline]
    pub(crate) fn taken(&self, taken: u64) {
        if let Some(words) = self.words() {
            words.taken.store(taken, Ordering::Relaxed);
        }
    }

    /// So many messages were ever accepted from its own loop.
    #[inline]
    pub(crate) fn accepted_near(&self, accepted: u64) {
        if let Some(words) = self.words() {
            words.accepted_near.store(accepted, Ordering::Relaxed);
        }
    }

    /// So many messages were ever accepted into it from elsewhere.
    #[inline]
    pub(crate) fn accepted(&self, accepted: u64) {
        if let Some(words) = self.words() {
            words.accepted.store(accepted, Ordering::Relaxed);
        }
    }

    /// What is noted now.
    pub(crate) fn read(&self) -> Recorded {
        let read = |word: &AtomicU64| word.load(Ordering::Relaxed);
        let (command, handled) = self.runner().map_or((0, 0), |(command, handled)| (read(command), read(handled)));
        let accepted = |words: &Words| read(&words.accepted).wrapping_add(read(&words.accepted_near));
        let (taken, accepted) = self.words().map_or((0, 0), |words| (read(&words.taken), accepted(words)));
        Recorded::new(command, handled, taken, accepted)
    }
}

impl Recorded {
    /// What another process noted, as bytes. They are that process's own: any value is possible.
    pub(crate) fn from_bytes(bytes: &[u8; SIZE]) -> Self {
        let word = |at: usize| {
            let bytes = bytes.get(at * 8..).and_then(<[u8]>::first_chunk).copied();
            u64::from_ne_bytes(bytes.unwrap_or_default())
        };
        Self::new(word(0), word(1), word(2), word(3).wrapping_add(word(8)))
    }

    fn new(command: u64, handled: u64, taken: u64, accepted: u64) -> Self {
        let begun = command & BEGUN != 0;
        #[expect(clippy::cast_possible_truncation, reason = "the lower half is the tag")]
        let tag = command as Tag;
        Self {
            last: begun.then_some(tag),
            running: begun && command & RUNNING != 0,
            handled,
            waiting: accepted.saturating_sub(taken),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_found() {
        for recorder in [Recorder::default(), Recorder::own()] {
            // What its mailbox knows is not noted by one that nobody reads from outside.
            let waiting = if matches!(recorder, Recorder::Own(_)) { 0 } else { 4 };
            assert_eq!(recorder.read(), Recorded::default());
            recorder.share().accepted(5);
            recorder.share().taken(1);
            recorder.begin(0xffff_fff7);
            let expected = Recorded { last: Some(0xffff_fff7), running: true, handled: 0, waiting };
            assert_eq!(recorder.read(), expected);
            recorder.done(0xffff_fff7, 1);
            assert_eq!(recorder.read(), Recorded { running: false, handled: 1, ..expected });
        }
    }

    #[test]
    fn bytes_are_read_as_the_words_lie() {
        let words = Words::default();
        words.command.store(7 | BEGUN, Ordering::Relaxed);
        words.handled.store(3, Ordering::Relaxed);
        words.taken.store(4, Ordering::Relaxed);
        words.accepted.store(9, Ordering::Relaxed);
        let mut bytes = [0; SIZE];
        let all = [&words.command, &words.handled, &words.taken, &words.accepted_near].into_iter().chain(&words.runner);
        let all = all.chain([&words.accepted]).chain(&words.senders);
        for (at, word) in all.enumerate() {
            let offset = std::ptr::from_ref(word).addr() - std::ptr::from_ref(&words).addr();
            assert_eq!(offset, at * 8);
            bytes[offset..][..8].copy_from_slice(&word.load(Ordering::Relaxed).to_ne_bytes());
        }
        let found = Recorded::from_bytes(&bytes);
        assert_eq!(found, Recorded { last: Some(7), running: false, handled: 3, waiting: 5 });
        // Nonsense is read without harm.
        assert_eq!(Recorded::from_bytes(&[0xff; SIZE]).waiting, 0);
    }
}
