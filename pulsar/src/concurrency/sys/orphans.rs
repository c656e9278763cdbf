//! The children of this process that it did not start. Knows nothing of those that it did.

use std::collections::BTreeSet;

use rustix::process::{Pid, WaitId, WaitIdOptions};

/// Whether processes that lose their parent become children of this one.
pub(crate) fn adopts_orphans() -> bool {
    std::process::id() == 1 || rustix::process::child_subreaper().is_ok_and(|set| set.is_some())
}

/// The children of all threads of this process that have ended and were not waited for. They stay so.
pub(crate) fn dead_children() -> BTreeSet<u32> {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return BTreeSet::new() };
    let lists = threads.flatten().filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    let all: Vec<u32> = lists.flat_map(|list| numbers(&list)).collect();
    all.into_iter().filter(|pid| wait(*pid, WaitIdOptions::NOWAIT)).collect()
}

/// Waits for a child that has ended, which makes its number free.
pub(crate) fn reap_stranger(pid: u32) {
    wait(pid, WaitIdOptions::empty());
}

fn numbers(list: &str) -> Vec<u32> {
    list.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

/// Whether it has ended. Never waits until it has.
fn wait(pid: u32, options: WaitIdOptions) -> bool {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return false };
    let options = options | WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
    matches!(rustix::process::waitid(WaitId::Pid(pid), options), Ok(Some(_)))
}
