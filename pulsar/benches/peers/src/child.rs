//! Other processes, as a program without a supervisor starts them: this binary again, a socket as its standard input. Knows no workload.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdStream;
use std::process::{Child, Command, ExitCode, Stdio};

use tokio::net::UnixStream;

use crate::{loops, systems};

/// Names the system that the child is of.
const SYSTEM: &str = "PEERS_CHILD";
const CORE: &str = "PEERS_CORE";

/// The other end of the socket; the child ends with it.
pub struct Other {
    pub child: Child,
    pub socket: StdStream,
}

impl Other {
    pub fn start(system: &str, core: Option<usize>) -> io::Result<Self> {
        let (ours, theirs) = StdStream::pair()?;
        let mut command = Command::new("/proc/self/exe");
        command.env(SYSTEM, system).stdin(Stdio::from(OwnedFd::from(theirs))).stdout(Stdio::null());
        if let Some(core) = core {
            command.env(CORE, core.to_string());
        }
        Ok(Self { child: command.spawn()?, socket: ours })
    }

    /// Within a loop.
    pub fn stream(&self) -> UnixStream {
        stream(self.socket.try_clone().expect("a descriptor is left"))
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn stream(socket: StdStream) -> UnixStream {
    socket.set_nonblocking(true).expect("a socket can be read without waiting");
    UnixStream::from_std(socket).expect("a loop takes a socket")
}

/// If this process is such a child, what it is to do.
pub fn divert() -> Option<ExitCode> {
    let system = std::env::var(SYSTEM).ok()?;
    loops::pin(std::env::var(CORE).ok().and_then(|core| core.parse().ok()));
    let socket = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3).map(StdStream::from);
    Some(match socket.map_err(io::Error::from).and_then(|socket| systems::child(&system, socket)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the child of {system}: {error}");
            ExitCode::FAILURE
        }
    })
}
