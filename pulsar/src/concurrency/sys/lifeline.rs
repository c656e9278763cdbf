//! Linux: no life after the parent, for a child and for whatever it has started.
//!
//! A thread waits for the parent's end and kills the child's group. That the kernel kills the child itself when its parent
//! dies would be too soon: nobody would be left to end what the child started. So the kernel only wakes it, should it be
//! stopped. It also sends HUP to a group of which a member is stopped when the parent dies, which by default would end the child
//! too soon again: a handler looks whether that is why it comes. Nothing here rests on what the child's own code does with signals: `CONT` wakes also where it is blocked,
//! ignored or handled, and the thread needs none.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{Builder, sleep};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal};

use super::signals;

/// The thread's stack: it makes two system calls.
const STACK: usize = 64 << 10;

/// How long the thread sleeps between two looks, where it cannot wait.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Whose child this process is; the handler has no other way to know.
static PARENT: AtomicU32 = AtomicU32::new(0);

/// Ties this process, the leader of its group, to `parent`. Fails if that has ended.
pub(crate) fn tie(parent: u32) -> io::Result<()> {
    PARENT.store(parent, Ordering::Relaxed);
    signals::handle_hangup(on_hangup)?;
    let guarded = rustix::process::getppid().ok_or_else(gone).and_then(|pid| {
        let ended = rustix::process::pidfd_open(pid, PidfdFlags::empty())?;
        let guard = move || guard(parent, &ended);
        signals::with_none(|| Builder::new().name("pulsar-lifeline".into()).stack_size(STACK).spawn(guard))?
    });
    // Without the thread it is at least this process that ends.
    let signal = if guarded.is_ok() { Signal::CONT } else { Signal::KILL };
    rustix::process::set_parent_process_death_signal(Some(signal))?;
    // It may have died before any of that, and its number may be another's by now.
    if is_child_of(parent) { Ok(()) } else { Err(gone()) }
}

/// As [`tie`], once more: the kernel forgets about the parent's death where a process becomes another user.
#[cfg(feature = "app")]
pub(crate) fn tie_again() -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::CONT))?;
    if is_child_of(PARENT.load(Ordering::Relaxed)) { Ok(()) } else { Err(gone()) }
}

/// Has the kernel end this process, which starts nothing, with `parent`. Fails if that has ended.
pub(crate) fn tie_alone(parent: u32) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    if is_child_of(parent) { Ok(()) } else { Err(gone()) }
}

/// Ends this process and its group, at once.
pub(crate) fn end_group() -> ! {
    let own = rustix::process::getpid();
    let _ = rustix::process::kill_process_group(own, Signal::KILL);
    let _ = rustix::process::kill_process(own, Signal::KILL);
    std::process::abort()
}

/// The life of the thread.
fn guard(parent: u32, ended: &OwnedFd) -> ! {
    loop {
        let mut fds = [PollFd::new(ended, PollFlags::IN)];
        let woken = poll(&mut fds, None);
        if !is_child_of(parent) {
            end_group();
        }
        // The descriptor is no good: this process's own code may have closed it.
        if woken != Err(Errno::INTR) {
            sleep(LOOK_AGAIN);
        }
    }
}

/// HUP, while the parent lives, ends this process as it always does. Makes system calls only: it may come at any moment.
extern "C" fn on_hangup(_: i32) {
    if !is_child_of(PARENT.load(Ordering::Relaxed)) {
        end_group();
    }
    signals::hang_up();
}

fn is_child_of(parent: u32) -> bool {
    let now = rustix::process::getppid().map_or(0, Pid::as_raw_pid);
    u32::try_from(now) == Ok(parent)
}

fn gone() -> io::Error {
    io::Error::other("the master has ended")
}
