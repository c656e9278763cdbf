//! What a service manager gives the process that it starts: inherited sockets, and a socket to tell it things.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};

/// The variables of that contract. They are meant for the master alone.
pub(crate) const SERVICE_VARIABLES: [&str; 7] =
    ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDS", "LISTEN_FDNAMES"];

/// Takes a descriptor that this process was started with, so that no child inherits it. Call it once for each.
pub(crate) fn take_inherited(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: borrowed for two calls that fail where there is no such descriptor.
    #[expect(unsafe_code, reason = "a descriptor that is known by its number alone")]
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    fcntl_setfd(borrowed, fcntl_getfd(borrowed)? | FdFlags::CLOEXEC)?;
    // SAFETY: it is open, and by the contract of LISTEN_FDS and LISTEN_PID it is this process's own to take; the caller takes
    // each once.
    #[expect(unsafe_code, reason = "a descriptor that is known by its number alone")]
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A socket that sends one line at a time to a service manager, and never waits.
pub(crate) struct NotifySocket {
    socket: UnixDatagram,
    address: SocketAddr,
}

impl NotifySocket {
    /// A path, or `@` and an abstract name.
    pub(crate) fn open(address: &OsStr) -> io::Result<Self> {
        let address = match address.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
            [b'/', ..] => SocketAddr::from_pathname(address)?,
            _ => return Err(io::Error::other("it is neither a path nor an abstract name")),
        };
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, address })
    }

    pub(crate) fn send(&self, text: &str) -> io::Result<()> {
        self.socket.send_to_addr(text.as_bytes(), &self.address).map(drop)
    }
}
