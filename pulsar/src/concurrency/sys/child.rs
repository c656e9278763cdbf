//! Linux: re-executing this program as a child, and what a child makes its own.

use std::cell::Cell;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use rustix::io::FdFlags;
use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, WaitOptions};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::service::SERVICE_VARIABLES;
use super::signals;
use crate::actor::Output;
use crate::exit::ExitReason;

/// Tells a re-executed binary that it is a child, of whom, and which: `PARENT:NUMBER`.
const MARKER: &str = "PULSAR_CHILD";

/// The binary that process actors run instead of the master's own: a wrapper that runs it under a debugger, say.
const BINARY: &str = "PULSAR_EXE";

/// The number's place in the marker of the one that forks them.
const FORK_SERVER: &str = "fork";

/// How much likelier than its master a child is to be killed for want of memory: it is to go first, the master last.
const OOM_SCORE: &str = "500";

/// A child process that this one started, and has not reaped.
pub(crate) struct ChildHandle {
    pid: Pid,
    pidfd: OwnedFd,
    pub(crate) output: Pipes,
    killed: Cell<bool>,
}

/// The pipes of a child's standard output and standard error, where it does not share its master's.
pub(crate) type Pipes = (Option<OwnedFd>, Option<OwnedFd>);

impl ChildHandle {
    /// Holds the child `pid`, which nobody else waits for. Ends it where that fails.
    pub(crate) fn of(pid: u32, output: Pipes) -> io::Result<Self> {
        let known = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let pid = known.ok_or_else(|| io::Error::other("the child has no process id"))?;
        match rustix::process::pidfd_open(pid, PidfdFlags::empty()) {
            Ok(pidfd) => Ok(Self { pid, pidfd, output, killed: Cell::new(false) }),
            Err(error) => {
                // Not reaped yet, so the number is still its own.
                let _ = rustix::process::kill_process(pid, Signal::KILL);
                let _ = rustix::process::waitpid(Some(pid), WaitOptions::empty());
                Err(error.into())
            }
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid.as_raw_pid().unsigned_abs()
    }

    /// Its pipes. Once.
    pub(crate) fn take_output(&mut self) -> Pipes {
        std::mem::take(&mut self.output)
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(rustix::process::waitid(WaitId::PidFd(self.pidfd.as_fd()), options), Ok(None))
    }

    /// Becomes readable when the process has ended.
    pub(crate) fn ended(&self) -> io::Result<AsyncFd<Arc<OwnedFd>>> {
        super::socket::watch(Arc::new(self.pidfd.try_clone()?), Interest::READABLE)
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

    /// Ends the strays of its group, and says how it ended. `None` if it has not. It is reaped when this is dropped.
    pub(crate) fn judge(&self) -> Option<ExitReason> {
        // While it is not reaped its group's number cannot be given to another.
        let _ = rustix::process::kill_process_group(self.pid, Signal::KILL);
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let status = match rustix::process::waitid(WaitId::PidFd(self.pidfd.as_fd()), options) {
            Ok(status) => status?,
            // Somebody else has waited for it.
            Err(_) => return Some(ExitReason::Unknown),
        };
        let number = status.terminating_signal();
        Some(match (status.exit_status(), number) {
            (Some(0), _) => ExitReason::Normal,
            (Some(code), _) => ExitReason::Code(code),
            (None, Some(number)) => ExitReason::Signal { number, core: status.dumped() },
            (None, None) => ExitReason::Unknown,
        })
    }

    /// Reaps it; false if it has not ended.
    fn wait(&self, options: WaitOptions) -> bool {
        !matches!(rustix::process::waitpid(Some(self.pid), options), Ok(None))
    }
}

impl Drop for ChildHandle {
    /// A child that nobody holds is no child: it is ended and reaped.
    fn drop(&mut self) {
        if !self.wait(WaitOptions::NOHANG) {
            self.kill();
            self.wait(WaitOptions::empty());
        }
    }
}

/// What a child is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// An actor's process, with this number.
    Actor(u32),
    /// The one that forks such processes.
    ForkServer,
}

/// Runs this binary again as a child, with `socket` as its standard input. Without a `binary` it is the running file itself,
/// whatever has become of its path since.
///
/// Nothing here needs code between fork and exec, so the standard library keeps its fast path; the child sets up the
/// rest itself, in [`adopt`]. Call it from a thread that lives as long as the program: the child dies with the thread.
pub(crate) fn spawn_self(
    socket: OwnedFd,
    role: Role,
    binary: Option<PathBuf>,
    title: &str,
    arguments: &[OsString],
    output: Output,
) -> io::Result<ChildHandle> {
    let binary = binary.map(PathBuf::into_os_string).or_else(wrapper);
    let binary = binary.unwrap_or_else(|| "/proc/self/exe".into());
    let printed = || match output {
        Output::Inherit => Stdio::inherit(),
        Output::Lines => Stdio::piped(),
    };
    let role = match role {
        Role::Actor(number) => number.to_string(),
        Role::ForkServer => FORK_SERVER.to_string(),
    };
    let mut command = Command::new(binary);
    command.arg0(title).args(arguments).env(MARKER, format!("{}:{role}", std::process::id()));
    for variable in SERVICE_VARIABLES {
        command.env_remove(variable);
    }
    let mut child = command.stdin(Stdio::from(socket)).stdout(printed()).stderr(printed()).spawn()?;
    let output = (child.stdout.take().map(Into::into), child.stderr.take().map(Into::into));
    ChildHandle::of(child.id(), output)
}

/// What process actors are to run instead of the master's own binary.
pub(crate) fn wrapper() -> Option<OsString> {
    std::env::var_os(BINARY)
}

/// What a child was told when it was started.
pub(crate) struct Marker {
    pub(crate) parent: u32,
    pub(crate) role: Role,
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
    let role = |text: &str| match text {
        FORK_SERVER => Some(Role::ForkServer),
        number => number.parse().ok().map(Role::Actor),
    };
    let parsed = text
        .split_once(':')
        .and_then(|(parent, text)| Some(Marker { parent: parent.parse().ok()?, role: role(text)? }));
    Some(parsed.ok_or_else(|| format!("{MARKER}={text}: it is set by the arbiter alone, as PARENT:NUMBER")))
}

/// Makes this process a proper child: its socket, which it gives, off standard input, no other descriptors than it is to have,
/// the signals of a program of its own, a group of its own, and a place before its master where memory runs out.
pub(crate) fn adopt() -> io::Result<OwnedFd> {
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
    // Where memory runs out, the kernel is to take an actor rather than whoever starts it again.
    let _ = std::fs::write("/proc/self/oom_score_adj", OOM_SCORE);
    Ok(socket)
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
