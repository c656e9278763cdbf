//! Linux: limits, names, and what `/proc` says.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit};

use crate::actor::{Limits, SystemInfo};
use crate::message::fingerprint;

/// How many processes the kernel has killed for want of memory: of the control group that this process is in, where that is
/// known, else of the machine.
pub(crate) struct OomKills(File);

impl OomKills {
    pub(crate) fn open() -> Option<Self> {
        let group = read_kernel("/proc/self/cgroup").ok();
        let path = group.as_ref().and_then(|text| text.lines().find_map(|line| line.strip_prefix("0::")));
        let events = path.and_then(|path| File::open(format!("/sys/fs/cgroup{path}/memory.events")).ok());
        // What is opened once is read in half the time.
        events.or_else(|| File::open("/proc/vmstat").ok()).map(Self)
    }

    pub(crate) fn count(&self) -> Option<u64> {
        let mut bytes = [0; 16 << 10];
        let length = self.0.read_at(&mut bytes, 0).ok()?;
        let text = std::str::from_utf8(bytes.get(..length)?).ok()?;
        text.lines().find_map(|line| line.strip_prefix("oom_kill ")).and_then(|count| count.trim().parse().ok())
    }
}

/// Gives this process a name for lists of processes, which show 15 bytes of it.
pub(crate) fn name_process(name: &str) {
    if let Ok(name) = std::ffi::CString::new(name) {
        // Without it the list shows how it was executed.
        let _ = rustix::thread::set_name(&name);
    }
}

/// Sets the limits of this process.
pub(crate) fn apply_limits(limits: &Limits) -> io::Result<()> {
    let set = |resource, most: u64| {
        let hard = rustix::process::getrlimit(resource).maximum;
        let most = hard.map_or(most, |hard| most.min(hard));
        rustix::process::setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
    };
    if let Some(bytes) = limits.memory {
        set(Resource::Data, bytes)?;
    }
    if let Some(files) = limits.nofile {
        set(Resource::Nofile, files)?;
    }
    if let Some(nice) = limits.nice {
        rustix::process::setpriority_process(None, nice)?;
    }
    Ok(())
}

/// A number that two processes share only if they run the same file.
pub(crate) fn build_id() -> u64 {
    rustix::fs::stat("/proc/self/exe").map_or(0, |stat| build_of_stat(&stat))
}

/// The same of a file.
pub(crate) fn build_of(file: impl AsFd) -> io::Result<u64> {
    Ok(build_of_stat(&rustix::fs::fstat(file)?))
}

/// Opens a file that can be executed. A pipe in its place is refused, not waited for.
pub(crate) fn open_binary(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, rustix::fs::Mode::empty())?);
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no file that can be run")) }
}

fn build_of_stat(stat: &rustix::fs::Stat) -> u64 {
    let text = format!("{} {} {} {} {}", stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime, stat.st_mtime_nsec);
    fingerprint(0, &text)
}

/// Reads a file that the kernel writes as it is read: in one go, for each read may have it count everything anew.
pub(super) fn read_kernel(path: &str) -> io::Result<String> {
    let mut text = vec![0; 16 << 10];
    let mut length = 0;
    let mut file = File::open(path)?;
    while let Some(rest) = text.get_mut(length..) {
        match file.read(rest)? {
            0 => break,
            more => length += more,
        }
    }
    text.truncate(length);
    String::from_utf8(text).map_err(io::Error::other)
}

/// How many cores this thread may run on.
pub(crate) fn cores() -> usize {
    rustix::thread::sched_getaffinity(None).map_or(2, |set| set.count() as usize)
}

/// A point in time as every process of this machine knows it. The two clocks are one: no clock is looked at.
pub(crate) fn shared_time(at: Instant) -> Duration {
    let (instant, monotonic) = *same_moment();
    match at.checked_duration_since(instant) {
        Some(later) => monotonic.saturating_add(later),
        None => monotonic.saturating_sub(instant.saturating_duration_since(at)),
    }
}

/// The other way round; `None` beyond what this process can say.
pub(crate) fn own_time(at: Duration) -> Option<Instant> {
    let (instant, monotonic) = *same_moment();
    match at.checked_sub(monotonic) {
        Some(later) => instant.checked_add(later),
        None => instant.checked_sub(monotonic.saturating_sub(at)),
    }
}

fn same_moment() -> &'static (Instant, Duration) {
    static MOMENT: OnceLock<(Instant, Duration)> = OnceLock::new();
    MOMENT.get_or_init(|| {
        // Of several tries the one with the least between the two looks: it may have been interrupted.
        let looks = (0..8).map(|_| {
            let before = Instant::now();
            let shared = monotonic();
            (before.elapsed(), (before, shared))
        });
        looks.min_by_key(|(between, _)| *between).map_or_else(|| (Instant::now(), monotonic()), |(_, moment)| moment)
    })
}

/// The time since the machine was started: the same in every process of it.
pub(crate) fn monotonic() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or_default())
}

/// What this process uses, from `/proc`.
pub(crate) fn usage() -> Option<SystemInfo> {
    let statm = read_kernel("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_ascii_whitespace().nth(1)?.parse().ok()?;
    let status = read_kernel("/proc/self/status").ok()?;
    let kib = |key: &str| {
        let text = status.lines().find_map(|line| line.strip_prefix(key))?;
        text.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    };
    let memory = (kib("RssAnon:").unwrap_or_default() + kib("RssShmem:").unwrap_or_default()) << 10;
    let stat = read_kernel("/proc/self/stat").ok()?;
    // The name, in brackets, may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let number = |at: usize| fields.get(at).and_then(|text| text.parse::<u64>().ok());
    let ticks = number(11)? + number(12)?;
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Some(SystemInfo {
        rss: pages * rustix::param::page_size() as u64,
        memory,
        cpu: Duration::from_millis(ticks * 1000 / per_second),
        threads: number(17)?,
        // The directory itself is open while it is read.
        fds: std::fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1) as u64,
    })
}
