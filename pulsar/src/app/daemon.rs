//! Into the background: the program is started once more, in a session of its own, and the first waits until that is ready.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::concurrency::sys;
use crate::error::Error;

/// Which process is to be a daemon, and of whom: its parent's number. Programs that it starts itself have another parent.
const MARK: &str = "PULSAR_DAEMON_OF";

/// The line that says that it is ready: no program prints such a one.
const READY: &[u8] = b"\x1bpulsar: ready\n";

/// Whether this is the process in the background.
pub(super) fn is_one() -> bool {
    let parent = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().to_string());
    parent.is_some() && std::env::var(MARK).ok() == parent
}

/// Starts it, and waits until it is ready or has failed. Gives the exit code of this process.
pub(super) fn start() -> io::Result<u8> {
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_default();
    let mut command = Command::new("/proc/self/exe");
    std::os::unix::process::CommandExt::arg0(&mut command, name);
    command.args(arguments).env(MARK, std::process::id().to_string());
    // What goes wrong before it is ready is said where it was started.
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
    let mut ready = false;
    if let Some(out) = child.stdout.take() {
        // What it prints meanwhile is passed on.
        let mut out = BufReader::new(out);
        let mut line = Vec::new();
        while !ready && out.read_until(b'\n', &mut line).unwrap_or(0) > 0 {
            match line.strip_suffix(READY) {
                Some(before) => {
                    io::stdout().write_all(before)?;
                    ready = true;
                }
                None => io::stdout().write_all(&line)?,
            }
            line.clear();
        }
    }
    if ready {
        return Ok(0);
    }
    let code = child.wait()?.code();
    Ok(code.and_then(|code| u8::try_from(code).ok()).filter(|&code| code > 0).unwrap_or(1))
}

/// Leaves the session of whoever started it.
pub(super) fn begin() -> Result<(), Error> {
    rustix::process::setsid().map_err(|error| Error::msg(format!("no session of its own: {error}")))?;
    sys::leave_terminal();
    Ok(())
}

/// Says that it is ready, and lets go of the terminal.
pub(super) fn ready(log: Option<&Path>) -> io::Result<()> {
    io::stdout().flush()?;
    let waits = io::stdout().as_fd().try_clone_to_owned()?;
    let null = File::open("/dev/null").and_then(|_| OpenOptions::new().write(true).open("/dev/null"))?;
    rustix::stdio::dup2_stdout(&null)?;
    match log {
        Some(path) => rustix::stdio::dup2_stderr(&OpenOptions::new().append(true).create(true).open(path)?)?,
        None => rustix::stdio::dup2_stderr(&null)?,
    }
    // Nobody prints into the pipe any more: whoever waits at its end may leave.
    File::from(waits).write_all(READY)
}
