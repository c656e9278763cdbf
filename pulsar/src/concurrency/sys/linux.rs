//! Linux: re-executing this program, adopting what a child was given, `/proc`.

use std::cell::Cell;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::io::FdFlags;
use rustix::process::{Pid, PidfdFlags, Resource, Rlimit, Signal};

use tokio::io::unix::AsyncFd;

use super::service::SERVICE_VARIABLES;
use super::{lifeline, signals};
use crate::actor::{Limits, Output, SystemInfo};
use crate::exit::ExitReason;
use crate::message::fingerprint;

/// Tells a re-executed binary that it is a child, of whom, and which: `PARENT:NUMBER`.
const MARKER: &str = "PULSAR_CHILD";

/// The binary that process actors run instead of the master's own: a wrapper that runs it under a debugger, say.
const BINARY: &str = "PULSAR_EXE";

/// How much likelier than its master a child is to be killed for want of memory: it is to go first, the master last.
const OOM_SCORE: &str = "500";

/// A child process that this one started, and has not reaped.
pub(crate) struct ChildHandle {
    child: std::process::Child,
    pidfd: OwnedFd,
    pid: Pid,
    killed: Cell<bool>,
}

impl ChildHandle {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The pipes of its standard output and standard error, where it does not share the master's. Once.
    pub(crate) fn take_output(&mut self) -> (Option<OwnedFd>, Option<OwnedFd>) {
        (self.child.stdout.take().map(Into::into), self.child.stderr.take().map(Into::into))
    }

    /// Becomes readable when the process has ended.
    pub(crate) fn ended(&self) -> io::Result<AsyncFd<OwnedFd>> {
        let pidfd = self.pidfd.try_clone()?;
        // SAFETY: the descriptor is owned by the `AsyncFd`, which never gives it out, so it stays open and the same file.
        #[expect(unsafe_code, reason = "tokio's registration of a descriptor trusts its caller to keep it open")]
        let registered = unsafe { AsyncFd::register(pidfd) };
        Ok(registered?)
    }

    /// Ends it at once, and whatever it started in its group.
    pub(crate) fn kill(&self) {
        self.killed.set(true);
        self.signal(Signal::KILL);
        let _ = rustix::process::kill_process_group(self.pid, Signal::KILL);
    }

    /// Whether it was this process that killed it.
    pub(crate) fn was_killed(&self) -> bool {
        self.killed.get()
    }

    /// Asks it to abort, so that it leaves a core where those are kept.
    pub(crate) fn abort(&self) {
        self.signal(Signal::ABORT);
    }

    /// Tells it to end; one that is stopped goes on to hear it.
    pub(crate) fn terminate(&self) {
        self.signal(Signal::TERM);
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        // Through the descriptor: never a stranger that was given the same number.
        let _ = rustix::process::pidfd_send_signal(&self.pidfd, signal);
    }

    /// Reaps it, after its group's strays. `None` if it has not ended.
    pub(crate) fn reap(&mut self) -> Option<ExitReason> {
        // While it is not reaped its group's number cannot be given to another.
        let _ = rustix::process::kill_process_group(self.pid, Signal::KILL);
        let status = self.child.try_wait().ok()??;
        Some(match (status.code(), status.signal()) {
            (Some(0), _) => ExitReason::Normal,
            (Some(code), _) => ExitReason::Code(code),
            (None, Some(number)) => ExitReason::Signal { number, core: status.core_dumped() },
            (None, None) => ExitReason::Unknown,
        })
    }
}

impl Drop for ChildHandle {
    /// A child that nobody holds is no child: it is ended and reaped.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.kill();
            let _ = self.child.wait();
        }
    }
}

/// Runs this binary again as the child `number`, with `socket` as its standard input.
///
/// Nothing here needs code between fork and exec, so the standard library keeps its fast path; the child sets up the
/// rest itself, in [`adopt`]. Call it from a thread that lives as long as the program: the child dies with the thread.
pub(crate) fn spawn_self(
    socket: UnixStream,
    number: u32,
    binary: Option<PathBuf>,
    title: &str,
    arguments: &[OsString],
    output: Output,
) -> io::Result<ChildHandle> {
    // The running file itself, whatever has become of its path since; another, after a reload.
    let binary = binary.map(PathBuf::into_os_string).or_else(|| std::env::var_os(BINARY));
    let binary = binary.unwrap_or_else(|| "/proc/self/exe".into());
    let printed = || match output {
        Output::Inherit => Stdio::inherit(),
        Output::Lines => Stdio::piped(),
    };
    let mut command = Command::new(binary);
    command.arg0(title).args(arguments).env(MARKER, format!("{}:{number}", std::process::id()));
    for variable in SERVICE_VARIABLES {
        command.env_remove(variable);
    }
    let child = command.stdin(Stdio::from(OwnedFd::from(socket))).stdout(printed()).stderr(printed()).spawn()?;
    let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
        return Err(io::Error::other("the child has no process id"));
    };
    match rustix::process::pidfd_open(pid, PidfdFlags::empty()) {
        Ok(pidfd) => Ok(ChildHandle { child, pidfd, pid, killed: Cell::new(false) }),
        Err(error) => {
            let mut child = child;
            let _ = child.kill();
            let _ = child.wait();
            Err(error.into())
        }
    }
}

/// What a child was told when it was started.
pub(crate) struct Marker {
    parent: u32,
    pub(crate) number: u32,
}

/// Whether this process was started as a child; the marker is kept unless `take`n.
pub(crate) fn take_marker(take: bool) -> Option<Result<Marker, String>> {
    let text = std::env::var(MARKER).ok()?;
    if take {
        // SAFETY: called first thing in `main`, or by the harness of a test before any test ran: no other thread reads
        // or writes the environment yet.
        #[expect(unsafe_code, reason = "the child's own children are none of ours, so the marker has to go")]
        unsafe {
            std::env::remove_var(MARKER);
        }
    }
    let parsed = text
        .split_once(':')
        .and_then(|(parent, number)| Some(Marker { parent: parent.parse().ok()?, number: number.parse().ok()? }));
    Some(parsed.ok_or_else(|| format!("{MARKER}={text}: it is set by the arbiter alone, as PARENT:NUMBER")))
}

/// What a child has made its own.
pub(crate) struct Adopted {
    pub(crate) socket: UnixStream,
}

/// Makes this process a proper child: its socket off standard input, no other descriptors than it is to have, the signals
/// of a program of its own, a group of its own, and no life after its parent.
pub(crate) fn adopt(marker: &Marker) -> io::Result<Adopted> {
    signals::clean()?;
    close_inherited();
    let socket = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
    if !rustix::fs::FileType::from_raw_mode(rustix::fs::fstat(&socket)?.st_mode).is_socket() {
        return Err(io::Error::other("standard input is not the arbiter's socket"));
    }
    let null = File::open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    // A group of its own: what the terminal sends is for the master, and what it starts goes with it.
    rustix::process::setpgid(None, None)?;
    lifeline::tie(marker.parent)?;
    // Where memory runs out, the kernel is to take an actor rather than whoever starts it again.
    let _ = std::fs::write("/proc/self/oom_score_adj", OOM_SCORE);
    let socket = UnixStream::from(socket);
    socket.set_nonblocking(true)?;
    Ok(Adopted { socket })
}

/// Closes what has come through `exec` besides the standard streams: the master was given it by whoever started it, or made
/// it without `CLOEXEC`. What this process has opened itself bears that mark.
fn close_inherited() {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else { return };
    let open: Vec<i32> = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    for fd in open.into_iter().filter(|fd| *fd > 2) {
        // SAFETY: looked at only. One that is closed by now (that of the directory) is an error, and passed over.
        #[expect(unsafe_code, reason = "a descriptor that nothing in this program owns has no safe name")]
        let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
        if rustix::io::fcntl_getfd(borrowed).is_ok_and(|flags| !flags.contains(FdFlags::CLOEXEC)) {
            // SAFETY: it came through `exec`, so nothing in this program owns it, and no other thread runs yet that could.
            #[expect(unsafe_code, reason = "a descriptor that nothing in this program owns is closed by number")]
            unsafe {
                rustix::io::close(fd);
            }
        }
    }
}

/// How many processes the kernel has killed for want of memory: of this process's control group where that is known, else of
/// the machine.
pub(crate) fn oom_kills() -> Option<u64> {
    let count = |text: String| {
        text.lines().find_map(|line| line.strip_prefix("oom_kill ")).and_then(|count| count.trim().parse().ok())
    };
    let group = read_kernel("/proc/self/cgroup").ok();
    let path = group.as_ref().and_then(|text| text.lines().find_map(|line| line.strip_prefix("0::")));
    let events = path.and_then(|path| std::fs::read_to_string(format!("/sys/fs/cgroup{path}/memory.events")).ok());
    events.and_then(count).or_else(|| count(read_kernel("/proc/vmstat").ok()?))
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
fn read_kernel(path: &str) -> io::Result<String> {
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
