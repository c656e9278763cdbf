//! Linux: what a process passes on to those that it starts, besides its files and its memory.

use std::path::Path;

use rustix::process::{
    Gid, Resource, Rlimit, getegid, geteuid, getgid, getgroups, getpriority_process, getrlimit, getuid,
};

use super::linux::read_kernel;

/// What of `/proc/self/status` is passed on.
const PASSED_ON: [&str; 14] = [
    "Umask:",
    "Uid:",
    "Gid:",
    "Groups:",
    "CapInh:",
    "CapPrm:",
    "CapEff:",
    "CapBnd:",
    "CapAmb:",
    "NoNewPrivs:",
    "Seccomp:",
    "Seccomp_filters:",
    "Cpus_allowed:",
    "Mems_allowed:",
];

const LIMITS: [Resource; 16] = [
    Resource::As,
    Resource::Core,
    Resource::Cpu,
    Resource::Data,
    Resource::Fsize,
    Resource::Locks,
    Resource::Memlock,
    Resource::Msgqueue,
    Resource::Nice,
    Resource::Nofile,
    Resource::Nproc,
    Resource::Rss,
    Resource::Rtprio,
    Resource::Rttime,
    Resource::Sigpending,
    Resource::Stack,
];

/// Who this process is, and what it may use. Two that are equal pass the same on.
#[derive(PartialEq, Eq)]
pub(crate) struct Surroundings {
    user: [u32; 4],
    groups: Option<Vec<Gid>>,
    limits: [(Option<u64>, Option<u64>); LIMITS.len()],
    nice: Option<i32>,
}

impl Surroundings {
    /// Those of this thread, and of the process that it belongs to.
    pub(crate) fn now() -> Self {
        let limit = |resource| {
            let Rlimit { current, maximum } = getrlimit(resource);
            (current, maximum)
        };
        let ids = [getuid().as_raw(), geteuid().as_raw(), getgid().as_raw(), getegid().as_raw()];
        Self { user: ids, groups: getgroups().ok(), limits: LIMITS.map(limit), nice: getpriority_process(None).ok() }
    }
}

/// What else it is, which takes longer to read.
#[derive(PartialEq, Eq)]
pub(crate) struct Status {
    lines: String,
    group: Option<String>,
    root: Option<(u64, u64)>,
}

impl Status {
    pub(crate) fn now() -> Self {
        let status = read_kernel("/proc/thread-self/status").unwrap_or_default();
        let passed_on = |line: &&str| PASSED_ON.iter().any(|key| line.starts_with(key));
        Self {
            lines: status.lines().filter(passed_on).collect::<Vec<_>>().join("\n"),
            group: read_kernel("/proc/self/cgroup").ok(),
            root: file("/"),
        }
    }
}

/// Which directory this process is in.
pub(crate) fn directory() -> Option<(u64, u64)> {
    file(".")
}

fn file(path: impl AsRef<Path>) -> Option<(u64, u64)> {
    rustix::fs::stat(path.as_ref()).ok().map(|stat| (stat.st_dev, stat.st_ino))
}
