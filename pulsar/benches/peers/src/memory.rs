//! How much memory processes take, as the kernel counts it. Knows no system.

use std::fs;

/// The resident pages of this process, in bytes.
pub fn resident() -> u64 {
    let text = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = text.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or_default();
    pages * rustix::param::page_size() as u64
}

/// The proportional set size of a process, in bytes: a page that several share counts for each as its part.
pub fn proportional(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kibibytes: u64 = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default();
    kibibytes * 1024
}
