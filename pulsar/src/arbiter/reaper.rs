//! Strangers: processes that lost their parent and were given to this one, because it is process 1 (as in a container) or a
//! subreaper. Nobody else will ever wait for them.
//!
//! Owns when they are reaped. Only what has been dead for a while is: a child that the program itself started and waits for
//! (`std::process::Child`) looks the same, and its status must not be taken from it. Knows no actors.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use crate::concurrency::sys;

/// How long whoever started a process has to wait for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often it is looked at most.
const EVERY: Duration = Duration::from_secs(1);

/// Reaps strangers.
pub(super) struct Reaper {
    /// Whether strangers are given to this process at all.
    adopts: bool,
    /// When to look next: only after something has died.
    due: Option<Instant>,
    /// Dead and not waited for, since when this is known.
    dead: BTreeMap<u32, Instant>,
}

impl Reaper {
    pub(super) fn new() -> Self {
        let adopts = sys::adopts_orphans();
        // What came before the signals were heard.
        Self { adopts, due: adopts.then(Instant::now), dead: BTreeMap::new() }
    }

    /// When to [tick](Self::tick) next.
    pub(super) fn next_time(&self) -> Option<Instant> {
        self.due
    }

    /// There may be children of its own that it was never told of.
    pub(super) fn watch_for_strays(&mut self) {
        self.adopts = true;
        self.something_ended();
    }

    /// Some child, whoever's, has ended.
    pub(super) fn something_ended(&mut self) {
        if self.adopts && self.due.is_none() {
            self.due = Some(Instant::now() + EVERY);
        }
    }

    /// Looks, if it is time. `ours` are the processes that somebody waits for.
    pub(super) fn tick(&mut self, ours: impl FnOnce() -> HashSet<u32>) {
        let now = Instant::now();
        if self.due.is_none_or(|due| due > now) {
            return;
        }
        let mut dead = sys::dead_children();
        if !dead.is_empty() {
            let ours = ours();
            dead.retain(|pid| !ours.contains(pid));
        }
        // Who is no longer there has been waited for; its number may be another's tomorrow.
        self.dead.retain(|pid, _| dead.contains(pid));
        for pid in dead {
            let since = *self.dead.entry(pid).or_insert(now);
            if now.duration_since(since) >= PATIENCE {
                sys::reap_stranger(pid);
                self.dead.remove(&pid);
            }
        }
        self.due = (!self.dead.is_empty()).then(|| now + EVERY);
    }
}
