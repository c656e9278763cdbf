//! A process that was forked and waits for what it is to be: how it waits, and how it is woken.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
};

use crate::actor::Output;
use crate::concurrency::sys::{ChildHandle, Forker, TITLE_ROOM, warm_up};

/// How it is called in lists of processes until then.
const TITLE: &str = "pulsar: standing by";

/// How long it has to have stood by before it goes on to prepare itself.
const UNDISTURBED: Timespec = Timespec { tv_sec: 0, tv_nsec: 2_000_000 };

/// The most descriptors that come with a message.
const MAX_FDS: usize = 3;

/// How long a call is: a number, and a title with zeros behind it.
const CALL: usize = size_of::<u32>() + TITLE_ROOM;

/// From inside: a process that was forked a moment ago.
pub(crate) struct Forklet {
    socket: OwnedFd,
    forker: Forker,
}

impl Forklet {
    /// Makes it a process of its own, in a group of its own.
    pub(super) fn new(socket: OwnedFd, forker: Forker) -> io::Result<Self> {
        forker.set_title(TITLE.as_bytes());
        rustix::process::setpgid(None, None)?;
        Ok(Self { socket, forker })
    }

    /// Whether something has come, within so long.
    fn is_called(&self, within: &Timespec) -> bool {
        poll(&mut [PollFd::new(&self.socket, PollFlags::IN)], Some(within)) != Ok(0)
    }

    /// Waits for its call: its number, and the socket that it hears from. Ends with its master, and when it is not wanted any more.
    pub(crate) fn stand_by(self) -> io::Result<(u32, UnixStream)> {
        // Who is called soon has no time for that, nor has whoever else wants a core then.
        if !self.is_called(&UNDISTURBED) {
            warm_up(|| !self.is_called(&Timespec::default()));
        }
        let (mut call, mut fds) = ([0; CALL], Vec::new());
        let mut read = 0;
        while let Some(rest) = call.get_mut(read..).filter(|rest| !rest.is_empty()) {
            match receive(&self.socket, rest, &mut fds)? {
                0 => std::process::exit(0),
                more => read += more,
            }
        }
        let [stdout, stderr] = fds.as_slice() else {
            return Err(io::Error::other("it was not given what to print to"));
        };
        rustix::stdio::dup2_stdout(stdout)?;
        rustix::stdio::dup2_stderr(stderr)?;
        let (number, title) = call.split_at(size_of::<u32>());
        let number = number.try_into().map(u32::from_ne_bytes).map_err(io::Error::other)?;
        self.forker.set_title(title);
        let socket = UnixStream::from(self.socket);
        socket.set_nonblocking(true)?;
        Ok((number, socket))
    }
}

/// From outside: one that stands by.
pub(crate) struct Standby {
    pub(crate) process: ChildHandle,
    pub(super) socket: UnixStream,
    /// In which state of its master it was forked.
    pub(crate) state: u64,
}

impl Standby {
    /// Makes it the child `number`.
    pub(crate) fn wake(self, number: u32, title: &str, output: Output) -> io::Result<(ChildHandle, UnixStream)> {
        let Self { mut process, socket, .. } = self;
        let mut call = Vec::with_capacity(CALL);
        call.extend(number.to_ne_bytes());
        call.extend(title.bytes().take(TITLE_ROOM));
        call.resize(CALL, 0);
        let piped = match output {
            Output::Inherit => None,
            Output::Lines => Some((io::pipe()?, io::pipe()?)),
        };
        match piped {
            None => send(&socket, &call, &[io::stdout().as_fd(), io::stderr().as_fd()])?,
            Some(((out, stdout), (err, stderr))) => {
                send(&socket, &call, &[stdout.as_fd(), stderr.as_fd()])?;
                process.output = (Some(out.into()), Some(err.into()));
            }
        }
        Ok((process, socket))
    }
}

/// One message, and the descriptors that came with it. Nothing at the end of the stream.
pub(super) fn receive(socket: impl AsFd + Copy, into: &mut [u8], fds: &mut Vec<OwnedFd>) -> io::Result<usize> {
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

pub(super) fn send(socket: impl AsFd, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(io::Error::other("no room for so many descriptors"));
    }
    rustix::net::sendmsg(socket, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}
