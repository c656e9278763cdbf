//! The fork server: a process of this binary that does nothing but fork process actors, so that none has to be executed, linked
//! and started from nothing. What it is told, and both ends of telling it.
//!
//! It is its master's own child, has one thread, and has opened nothing but its socket. No runtime and no randomness exist before a
//! fork; what it forks is a child of the master (`CLONE_PARENT`) and shares the server's memory until either writes to it.
//! Must not know what actors are.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Read, Seek, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, SocketFlags, SocketType, sockopt,
};
use serde::{Deserialize, Serialize};

use super::sys::{self, ChildHandle, Forked, Forker, Role, Surroundings};
use crate::actor::Output;
use crate::message::{decode, encode};

/// How it is called in lists of processes.
const TITLE: &str = "pulsar: fork server";

/// How long it may take to fork. A fork takes a fraction of a millisecond; meanwhile the arbiter waits.
const WITHIN: Duration = Duration::from_millis(100);

/// The most descriptors that come with a message.
const MAX_FDS: usize = 5;

/// The longest message: what is longer goes into memory of its own.
const MAX_MESSAGE: usize = 16 << 10;

/// Asks for a child. With it come its socket, its standard output, its standard error, and whatever else has changed.
#[derive(Serialize, Deserialize)]
struct Order {
    number: u32,
    title: String,
    environment: bool,
    directory: bool,
}

/// What the server says.
#[derive(Serialize, Deserialize)]
enum Word {
    Ready,
    /// It may not be forked, and why.
    Unfit(String),
    /// The number of the new process.
    Forked(u32),
    Failed(String),
}

type Variables = Vec<(OsString, OsString)>;

/// A process that was forked a moment ago.
pub(crate) struct Newborn {
    pub(crate) number: u32,
    pub(crate) socket: OwnedFd,
}

/// The life of the server, which ends with its master. Each of its children returns from here.
pub(crate) fn serve(master: u32) -> Result<Newborn, String> {
    let text = |error: io::Error| error.to_string();
    let socket = sys::adopt().map_err(text)?;
    sys::tie_alone(master).map_err(text)?;
    let forker = match Forker::new() {
        Ok(forker) => forker,
        Err(why) => {
            let _ = say(&socket, &Word::Unfit(why));
            std::process::exit(0);
        }
    };
    forker.set_title(TITLE.as_ref());
    sys::name_process("pulsar-fork");
    // What was printed before must not be printed once more by each child.
    let _ = (io::stdout().flush(), io::stderr().flush());
    say(&socket, &Word::Ready).map_err(text)?;
    loop {
        let (mut message, mut fds) = (vec![0; MAX_MESSAGE], Vec::new());
        let length = receive(&socket, &mut message, &mut fds).map_err(text)?;
        if length == 0 {
            std::process::exit(0);
        }
        let order: Order = decode(message.get(..length).unwrap_or_default())
            .map_err(|error| format!("it was told nonsense: {error}"))?;
        let mut fds = fds.into_iter();
        let mut next = || fds.next().ok_or_else(|| "a descriptor is missing".to_string());
        let (theirs, stdout, stderr) = (next()?, next()?, next()?);
        if order.environment {
            take_environment(next()?)?;
        }
        if order.directory {
            rustix::process::fchdir(next()?).map_err(|error| error.to_string())?;
        }
        match forker.fork() {
            Ok(Forked::Parent(pid)) => say(&socket, &Word::Forked(pid)).map_err(text)?,
            Err(error) => say(&socket, &Word::Failed(error.to_string())).map_err(text)?,
            Ok(Forked::Child) => {
                forker.set_title(order.title.as_ref());
                settle(&stdout, &stderr).map_err(text)?;
                return Ok(Newborn { number: order.number, socket: theirs });
            }
        }
    }
}

/// Gives a child what it is to print to, and a group of its own.
fn settle(stdout: &OwnedFd, stderr: &OwnedFd) -> io::Result<()> {
    rustix::stdio::dup2_stdout(stdout)?;
    rustix::stdio::dup2_stderr(stderr)?;
    Ok(rustix::process::setpgid(None, None)?)
}

fn take_environment(memory: OwnedFd) -> Result<(), String> {
    let mut file = File::from(memory);
    let mut bytes = Vec::new();
    file.rewind().and_then(|()| file.read_to_end(&mut bytes)).map_err(|error| error.to_string())?;
    let variables: Vec<(Vec<u8>, Vec<u8>)> = decode(&bytes).map_err(|error| error.to_string())?;
    sys::replace_environment(
        variables.into_iter().map(|(name, value)| (OsString::from_vec(name), OsString::from_vec(value))),
    );
    Ok(())
}

fn say(socket: &OwnedFd, word: &Word) -> io::Result<()> {
    let bytes = encode(word).map_err(io::Error::other)?;
    rustix::net::send(socket, &bytes, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// A server, as its master has it.
pub(crate) struct ForkServer {
    pub(crate) process: ChildHandle,
    socket: OwnedFd,
    ready: bool,
    surroundings: Surroundings,
    environment: Variables,
    directory: Option<(u64, u64)>,
}

/// Why there is no child.
pub(crate) enum Trouble {
    /// It has not said that it is ready.
    NotYet,
    /// It may not be forked, and why: another would say the same.
    Unfit(String),
    /// It would pass on what its master has changed since: another is needed.
    Stale,
    /// It could not fork.
    Failed(String),
    /// It is gone, or does not answer. Whether it has forked before is not known.
    Lost,
}

impl ForkServer {
    /// Starts one. Call it on a thread that lives as long as the program.
    pub(crate) fn start(binary: Option<PathBuf>) -> io::Result<Self> {
        let (surroundings, environment, directory) = (Surroundings::now(), variables(), sys::directory());
        let (ours, theirs) =
            rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        sockopt::set_socket_timeout(&ours, sockopt::Timeout::Recv, Some(WITHIN))?;
        sockopt::set_socket_timeout(&ours, sockopt::Timeout::Send, Some(WITHIN))?;
        // As long as any title that it gives to a child.
        let title = format!("{TITLE:room$}", room = sys::TITLE_ROOM);
        let process = sys::spawn_self(theirs, Role::ForkServer, binary, &title, &[], Output::Inherit)?;
        Ok(Self { process, socket: ours, ready: false, surroundings, environment, directory })
    }

    /// Has it fork the child `number`, which gets `socket`.
    pub(crate) fn fork(
        &mut self,
        number: u32,
        title: &str,
        socket: &UnixStream,
        output: Output,
    ) -> Result<ChildHandle, Trouble> {
        self.hear_ready()?;
        if self.surroundings != Surroundings::now() {
            return Err(Trouble::Stale);
        }
        let failed = |error: io::Error| Trouble::Failed(error.to_string());
        let environment = self.changed_environment().map_err(failed)?;
        let directory = self.changed_directory().map_err(failed)?;
        let order =
            Order { number, title: title.into(), environment: environment.is_some(), directory: directory.is_some() };
        let order = encode(&order).map_err(|error| Trouble::Failed(error.to_string()))?;
        let (stdout, stderr, pipes) = match output {
            Output::Inherit => (None, None, (None, None)),
            Output::Lines => {
                let (from, out) = io::pipe().map_err(failed)?;
                let (from_err, err) = io::pipe().map_err(failed)?;
                (Some(out), Some(err), (Some(from.into()), Some(from_err.into())))
            }
        };
        let (own_out, own_err) = (io::stdout(), io::stderr());
        let stdout: BorrowedFd<'_> = stdout.as_ref().map_or(own_out.as_fd(), AsFd::as_fd);
        let stderr: BorrowedFd<'_> = stderr.as_ref().map_or(own_err.as_fd(), AsFd::as_fd);
        let mut fds = vec![socket.as_fd(), stdout, stderr];
        fds.extend(environment.as_ref().map(AsFd::as_fd));
        fds.extend(directory.as_ref().map(AsFd::as_fd));
        send(&self.socket, &order, &fds).map_err(|_| Trouble::Lost)?;
        match self.hear(RecvFlags::empty()).map_err(|_| Trouble::Lost)? {
            Word::Forked(pid) => ChildHandle::of(pid, pipes).map_err(failed),
            Word::Failed(why) => Err(Trouble::Failed(why)),
            Word::Ready | Word::Unfit(_) => Err(Trouble::Lost),
        }
    }

    /// Hears whether it is ready, without waiting.
    pub(crate) fn hear_ready(&mut self) -> Result<(), Trouble> {
        if self.ready {
            return Ok(());
        }
        match self.hear(RecvFlags::DONTWAIT) {
            Ok(Word::Ready) => {
                self.ready = true;
                Ok(())
            }
            Ok(Word::Unfit(why)) => Err(Trouble::Unfit(why)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(Trouble::NotYet),
            Ok(Word::Forked(_) | Word::Failed(_)) | Err(_) => Err(Trouble::Lost),
        }
    }

    fn hear(&self, flags: RecvFlags) -> io::Result<Word> {
        let mut bytes = [0; 1 << 10];
        let (length, _) = rustix::io::retry_on_intr(|| rustix::net::recv(&self.socket, &mut bytes[..], flags))?;
        decode(bytes.get(..length).unwrap_or_default()).map_err(io::Error::other)
    }

    /// The variables, if they are others than those that the server knows.
    fn changed_environment(&mut self) -> io::Result<Option<OwnedFd>> {
        let now = variables();
        if now == self.environment {
            return Ok(None);
        }
        let bytes: Vec<(&[u8], &[u8])> = now.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        let bytes = encode(&bytes).map_err(io::Error::other)?;
        let memory = rustix::fs::memfd_create("pulsar-environment", rustix::fs::MemfdFlags::CLOEXEC)?;
        let mut file = File::from(memory);
        file.write_all(&bytes)?;
        self.environment = now;
        Ok(Some(file.into()))
    }

    fn changed_directory(&mut self) -> io::Result<Option<OwnedFd>> {
        let now = sys::directory();
        if now == self.directory {
            return Ok(None);
        }
        let flags = rustix::fs::OFlags::PATH | rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::CLOEXEC;
        let opened = rustix::fs::open(".", flags, rustix::fs::Mode::empty())?;
        self.directory = now;
        Ok(Some(opened))
    }
}

/// One message, and the descriptors that came with it. Nothing at the end of the stream.
fn receive(socket: &OwnedFd, into: &mut [u8], fds: &mut Vec<OwnedFd>) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC;
    let message =
        rustix::io::retry_on_intr(|| rustix::net::recvmsg(socket, &mut [IoSliceMut::new(into)], &mut control, flags))?;
    for ancillary in control.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = ancillary {
            fds.extend(received);
        }
    }
    Ok(message.bytes)
}

fn send(socket: &OwnedFd, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(io::Error::other("no room for so many descriptors"));
    }
    rustix::net::sendmsg(socket, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// The environment that a child is to have.
fn variables() -> Variables {
    let meant_for_the_master = |name: &OsString| sys::SERVICE_VARIABLES.iter().any(|known| name == known);
    std::env::vars_os().filter(|(name, _)| !meant_for_the_master(name)).collect()
}
