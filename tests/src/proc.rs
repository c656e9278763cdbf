//! What `/proc` says of processes, and signals to them.

use std::{fs, time::Duration};

pub use rustix::process::Signal;

/// Sends a signal; false if there is no such process.
pub fn signal(pid: u32, signal: Signal) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::kill_process(pid, signal).is_ok())
}

/// Has a process stand still, and waits until each of its threads does.
#[track_caller]
pub fn stand_still(pid: u32) {
    assert!(signal(pid, Signal::STOP));
    let stands = |task: fs::DirEntry| {
        let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        stat.rsplit_once(')').is_none_or(|(_, rest)| rest.trim_start().starts_with('T'))
    };
    let all = || fs::read_dir(format!("/proc/{pid}/task")).is_ok_and(|tasks| tasks.flatten().all(stands));
    crate::until_blocking("it stands still", crate::SOON, all);
}

/// The state that `/proc/PID/stat` shows: `R`, `S`, `T`, `Z` ..; none if there is no such process.
pub fn state(pid: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.trim_start().chars().next()
}

/// Whether the process runs: one that waits to be reaped does not.
pub fn runs(pid: u32) -> bool {
    state(pid).is_some_and(|state| state != 'Z' && state != 'X')
}

/// Whether this process, and so what it starts, hears HUP. Under `nohup` it does not, and says that the test is skipped: what
/// pulsar does then is to leave it ignored.
pub fn hears_hangups() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    let hears = ignored.is_none_or(|mask| mask & 1 == 0);
    if !hears {
        println!("skipped: HUP was ignored when this was started (`nohup`?), so nothing here hears it");
    }
    hears
}

/// How many files the process has open.
pub fn fds(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

/// How many threads the process has.
pub fn threads(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count)
}

/// The CPU time that this process has used. Needs no descriptor.
pub fn cpu() -> Duration {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(used.tv_sec.unsigned_abs(), u32::try_from(used.tv_nsec).unwrap_or_default())
}

/// How long the threads that a process has now have computed.
pub fn computed(pid: u32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let of = |task: fs::DirEntry| {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
    };
    tasks.filter_map(of).sum()
}

/// The memory of its own that a process has resident, in bytes.
pub fn anonymous(pid: u32) -> u64 {
    memory(pid, "RssAnon:")
}

/// The memory that a process has resident, in bytes.
pub fn resident(pid: u32) -> u64 {
    memory(pid, "VmRSS:")
}

fn memory(pid: u32, key: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = status.lines().find_map(|line| line.strip_prefix(key)?.trim().strip_suffix(" kB")?.parse().ok());
    kib.map_or(0, |kib: u64| kib << 10)
}

/// All numbers in `/proc`.
pub fn all() -> Vec<u32> {
    let entries = fs::read_dir("/proc").expect("/proc");
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// The live processes whose environment holds `KEY=VALUE`.
pub fn with_env(key: &str, value: &str) -> Vec<u32> {
    let wanted = format!("{key}={value}");
    let has = |pid: &u32| {
        let environ = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environ.split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes())
    };
    all().into_iter().filter(|pid| has(pid) && runs(*pid)).collect()
}

/// The parent of a process.
pub fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// The session of a process: 0 if that has its leader outside of what this process can see, as in a namespace of its own. (What
/// libraries make of that number is their own: rustix's `getsid` panics in debug.)
pub fn session(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(3)?.parse().ok()
}

/// The children of a process that are actors: number and state.
pub fn children(pid: u32) -> Vec<(u32, char)> {
    every_child(pid).into_iter().filter(|(pid, state)| *state == 'Z' || !is_no_actor(*pid)).collect()
}

/// Whether a process is a fork server, stands by, or was made and not executed yet: until then it is its parent's image.
pub fn is_no_actor(pid: u32) -> bool {
    let title = title(pid);
    let is_image = || parent(pid).is_some_and(|parent| self::title(parent) == title);
    ["pulsar: fork server", "pulsar: standing by"].contains(&title.as_str()) || is_image()
}

/// The fork server of a master.
pub fn fork_server(master: u32) -> Option<u32> {
    titled(master, "pulsar: fork server")
}

/// Who stands by to be an actor of a master's.
pub fn standby(master: u32) -> Option<u32> {
    titled(master, "pulsar: standing by")
}

/// How many stand by to be actors of a master's.
pub fn standbys(master: u32) -> usize {
    all_titled(master, "pulsar: standing by").count()
}

fn titled(master: u32, wanted: &str) -> Option<u32> {
    all_titled(master, wanted).next()
}

fn all_titled(master: u32, wanted: &str) -> impl Iterator<Item = u32> {
    let is_it = move |(pid, state): &(u32, char)| !matches!(state, 'Z' | 'X') && title(*pid) == wanted;
    every_child(master).into_iter().filter(is_it).map(|(pid, _)| pid)
}

fn every_child(pid: u32) -> Vec<(u32, char)> {
    let of = |child: u32| {
        let stat = fs::read_to_string(format!("/proc/{child}/stat")).ok()?;
        let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
        let state = fields.next()?.chars().next()?;
        (fields.next()?.parse() == Ok(pid)).then_some((child, state))
    };
    all().into_iter().filter_map(of).collect()
}

/// The inodes of the sockets a process has open.
pub fn sockets(pid: u32) -> Vec<u64> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else { return Vec::new() };
    let links = entries.flatten().filter_map(|entry| fs::read_link(entry.path()).ok());
    links.filter_map(|link| link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()).collect()
}

/// The sockets of a process that anyone could connect to: lines of `/proc/net/{unix,tcp,tcp6}`.
pub fn listening(pid: u32) -> Vec<String> {
    let own = sockets(pid);
    let mut found = Vec::new();
    for (file, inode_at, flags_at, listening) in [("unix", 6, 3, "00010000"), ("tcp", 9, 3, "0A"), ("tcp6", 9, 3, "0A")]
    {
        let table = fs::read_to_string(format!("/proc/{pid}/net/{file}")).unwrap_or_default();
        for line in table.lines().skip(1) {
            let fields: Vec<&str> = line.split_ascii_whitespace().collect();
            let inode = fields.get(inode_at).and_then(|text| text.parse().ok());
            let dialable = fields.get(flags_at) == Some(&listening) || (file == "unix" && fields.len() > 7);
            if dialable && inode.is_some_and(|inode| own.contains(&inode)) {
                found.push(line.to_string());
            }
        }
    }
    found
}

/// How a process calls itself.
pub fn title(pid: u32) -> String {
    let title = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&title).replace('\0', " ").trim_end().to_string()
}
