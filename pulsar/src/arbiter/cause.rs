//! What the exit status of a process was really about: some ends look alike there.

use std::time::{Duration, Instant};

use crate::concurrency::sys;
use crate::exit::ExitReason;

const SIGABRT: i32 = 6;
const SIGBUS: i32 = 7;
pub(super) const SIGKILL: i32 = 9;
const SIGSEGV: i32 = 11;

/// How far from its end standard error is searched for what the runtime of Rust said last; a backtrace may follow that.
const LAST: usize = 32 << 10;

/// How old a count of the kernel's kills has to be before it is what a later one is compared with.
const COUNT_AFTER: Duration = Duration::from_secs(5);

/// What is known besides the status.
pub(super) struct Evidence<'a> {
    pub(super) stderr: &'a [u8],
    /// Whether the arbiter killed it.
    pub(super) ours: bool,
    /// Whether the kernel has killed anything for want of memory lately.
    pub(super) oom_kills: bool,
}

/// Why a process ended that left no last words.
pub(super) fn cause(status: ExitReason, evidence: &Evidence<'_>) -> ExitReason {
    let said = |text: &str| {
        let last = evidence.stderr.get(evidence.stderr.len().saturating_sub(LAST)..).unwrap_or_default();
        last.windows(text.len()).any(|window| window == text.as_bytes())
    };
    match status {
        // Nobody exits with 0 who was to go on.
        ExitReason::Normal => ExitReason::Code(0),
        ExitReason::Signal { number: SIGABRT | SIGBUS | SIGSEGV, .. } if said("has overflowed its stack") => {
            ExitReason::StackOverflow
        }
        ExitReason::Signal { number: SIGABRT, .. } if said("memory allocation of ") && said(" bytes failed") => {
            ExitReason::OutOfMemory
        }
        ExitReason::Signal { number: SIGKILL, .. } if evidence.oom_kills && !evidence.ours => ExitReason::OutOfMemory,
        status => status,
    }
}

/// Whether the kernel kills for want of memory: its count of such kills, now and a while ago.
pub(super) struct OomWatch {
    kills: Option<sys::OomKills>,
    before: Option<u64>,
    recent: Option<u64>,
    at: Instant,
}

impl OomWatch {
    pub(super) fn new() -> Self {
        let kills = sys::OomKills::open();
        let now = kills.as_ref().and_then(sys::OomKills::count);
        Self { kills, before: now, recent: now, at: Instant::now() }
    }

    /// Looks now and then, so that a kill of long ago is not taken for one of today.
    pub(super) fn look(&mut self) {
        if self.at.elapsed() >= COUNT_AFTER {
            self.before = self.recent;
            self.recent = self.count();
            self.at = Instant::now();
        }
    }

    /// Whether it has killed since.
    pub(super) fn struck(&self) -> bool {
        matches!((self.before, self.count()), (Some(before), Some(now)) if now > before)
    }

    fn count(&self) -> Option<u64> {
        self.kills.as_ref()?.count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signal(number: i32) -> ExitReason {
        ExitReason::Signal { number, core: false }
    }

    #[test]
    fn each_cause_is_told_apart() {
        let quiet = Evidence { stderr: b"", ours: false, oom_kills: false };
        let overflow: &[u8] =
            b"\nthread 'main' (7) has overflowed its stack\nfatal runtime error: stack overflow, aborting\n";
        let memory: &[u8] = b"memory allocation of 1073741824 bytes failed\n";
        let with = |stderr| Evidence { stderr, ..quiet };
        let cases = [
            (ExitReason::Normal, with(b""), ExitReason::Code(0)),
            (ExitReason::Code(3), with(memory), ExitReason::Code(3)),
            (signal(6), with(b""), signal(6)),
            (signal(6), with(overflow), ExitReason::StackOverflow),
            (signal(11), with(overflow), ExitReason::StackOverflow),
            (signal(11), with(memory), signal(11)),
            (signal(6), with(memory), ExitReason::OutOfMemory),
            (signal(9), with(memory), signal(9)),
            (signal(9), Evidence { oom_kills: true, ..quiet }, ExitReason::OutOfMemory),
            (signal(9), Evidence { oom_kills: true, ours: true, ..quiet }, signal(9)),
            (signal(15), Evidence { oom_kills: true, ..quiet }, signal(15)),
        ];
        for (status, evidence, expected) in cases {
            assert_eq!(cause(status.clone(), &evidence), expected, "{status:?}");
        }
        // What was said long before the end has nothing to do with it.
        let old = [memory, &[b'x'; 2 * LAST]].concat();
        assert_eq!(cause(signal(6), &with(&old)), signal(6));
    }
}
