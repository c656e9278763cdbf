//! The sockets that a service manager opened for this program (systemd's socket activation). Knows nothing of what is served.

use std::os::fd::OwnedFd;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::concurrency::sys;

/// A descriptor that this program was started with: a socket that was opened, and may have been connected to, before.
///
/// ```no_run
/// use std::net::TcpListener;
///
/// let mut inherited = pulsar::listen_fds().into_iter();
/// let listener = match inherited.find(|socket| socket.name == "web") {
///     Some(socket) => TcpListener::from(socket.fd),
///     None => TcpListener::bind("127.0.0.1:8080")?,
/// };
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct ListenFd {
    /// Its name: `FileDescriptorName=` of a systemd socket unit, or the unit's own name; `unknown` where none was given.
    pub name: String,
    /// The descriptor. No child inherits it.
    pub fd: OwnedFd,
}

/// Takes the sockets that the service manager opened for this process (`LISTEN_FDS`): all of them at the first call, none
/// after that, and none where they were meant for another process (`LISTEN_PID`) or there is no service manager.
///
/// Call it in the master: in `main`, or in a thread or task actor of it. Process actors inherit neither the sockets nor the variables.
///
/// ```no_run
/// for socket in pulsar::listen_fds() {
///     println!("{} is {:?}", socket.name, socket.fd);
/// }
/// ```
pub fn listen_fds() -> Vec<ListenFd> {
    std::mem::take(&mut *inherited().lock().unwrap_or_else(PoisonError::into_inner))
}

/// Gives back what was not meant for whoever took them all.
#[cfg(feature = "app")]
pub(crate) fn put_back(sockets: Vec<ListenFd>) {
    inherited().lock().unwrap_or_else(PoisonError::into_inner).extend(sockets);
}

/// Claims them before anything could inherit them.
pub(super) fn claim() {
    inherited();
}

fn inherited() -> &'static Mutex<Vec<ListenFd>> {
    static INHERITED: OnceLock<Mutex<Vec<ListenFd>>> = OnceLock::new();
    INHERITED.get_or_init(|| Mutex::new(from_env()))
}

fn from_env() -> Vec<ListenFd> {
    let number = |name| std::env::var(name).ok()?.parse::<u32>().ok();
    if number("LISTEN_PID") != Some(std::process::id()) {
        return Vec::new();
    }
    let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
    let mut names = names.split(':').filter(|name| !name.is_empty());
    let count = number("LISTEN_FDS").unwrap_or_default();
    let mut sockets = Vec::new();
    for fd in FIRST..FIRST.saturating_add(i32::try_from(count).unwrap_or_default()) {
        let name = names.next().unwrap_or("unknown").to_string();
        // Fewer than were announced: the rest is not there either.
        let Ok(fd) = sys::take_inherited(fd) else { break };
        sockets.push(ListenFd { name, fd });
    }
    sockets
}

/// The first descriptor behind the standard ones.
const FIRST: i32 = 3;
