//! Linux: bytes and descriptors over sockets, and descriptors that a loop watches.

use std::io::{self, IoSlice};
use std::mem::{self, MaybeUninit};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::Arc;

use bytes::BytesMut;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// The most descriptors that are taken with one read; more is an error.
const MAX_FDS: usize = 8;

/// Room for these and their header, in words.
const CONTROL_WORDS: usize = 2 + MAX_FDS * size_of::<RawFd>() / size_of::<u64>();

/// Has the loop of this thread watch `fd` for one thing only: each that is watched for wakes the loop when it happens.
pub(crate) fn watch(fd: Arc<OwnedFd>, interest: Interest) -> io::Result<AsyncFd<Arc<OwnedFd>>> {
    // SAFETY: the descriptor is owned by what is registered, which never gives it out, so it stays open and the same file.
    #[expect(unsafe_code, reason = "tokio's registration of a descriptor trusts its caller to keep it open")]
    let registered = unsafe { AsyncFd::register_with_interest(fd, interest) };
    Ok(registered?)
}

/// Reads what is there into the room that `into` has, which must have some; takes the descriptors that came with it. `None` stands
/// for one that was lost, because this process may have no more open.
pub(crate) fn receive(
    socket: impl AsFd,
    into: &mut BytesMut,
    fds: &mut impl Extend<Option<OwnedFd>>,
) -> io::Result<Received> {
    let room = into.spare_capacity_mut();
    let mut vector = libc::iovec { iov_base: room.as_mut_ptr().cast(), iov_len: room.len() };
    let mut control = [0_u64; CONTROL_WORDS];
    // SAFETY: a `msghdr` of zeros is one without name, vectors and control.
    #[expect(unsafe_code, reason = "some of its fields are private padding")]
    let mut message: libc::msghdr = unsafe { mem::zeroed() };
    message.msg_iov = &raw mut vector;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = size_of_val(&control);
    let flags = libc::MSG_CMSG_CLOEXEC | libc::MSG_DONTWAIT;
    // SAFETY: the vector is the spare capacity of `into` and the control buffer an array, both alive and borrowed by nobody else.
    #[expect(
        unsafe_code,
        reason = "into memory that is not written yet: a safe slice of it would have to be cleared each time"
    )]
    let count = unsafe { libc::recvmsg(socket.as_fd().as_raw_fd(), &raw mut message, flags) };
    let Ok(count) = usize::try_from(count) else { return Err(io::Error::last_os_error()) };
    let filled = into.len() + count;
    // SAFETY: the kernel has written so many bytes of the spare capacity.
    #[expect(unsafe_code, reason = "what the kernel has written belongs to the buffer now")]
    unsafe {
        into.set_len(filled);
    }
    let came = message.msg_controllen > 0;
    let mut taken = 0;
    if came {
        // SAFETY: the kernel has filled in `message`, whose control buffer is aligned for headers and still alive.
        #[expect(unsafe_code, reason = "what comes beside the bytes is a list of C structures")]
        unsafe {
            let mut header = libc::CMSG_FIRSTHDR(&raw const message);
            while let Some(found) = header.as_ref() {
                if found.cmsg_level == libc::SOL_SOCKET && found.cmsg_type == libc::SCM_RIGHTS {
                    let bytes = found.cmsg_len.saturating_sub(libc::CMSG_LEN(0) as usize);
                    let data = libc::CMSG_DATA(header).cast::<RawFd>();
                    for at in 0..bytes / size_of::<RawFd>() {
                        // New, and this process's own.
                        fds.extend([Some(OwnedFd::from_raw_fd(ptr::read_unaligned(data.add(at))))]);
                        taken += 1;
                    }
                }
                header = libc::CMSG_NXTHDR(&raw const message, header);
            }
        }
    }
    if message.msg_flags & libc::MSG_CTRUNC != 0 {
        // One is sent at a time, and each with bytes of its own.
        if taken > 0 {
            return Err(io::Error::other("more descriptors were sent than are ever sent at once"));
        }
        fds.extend([None]);
    }
    Ok(Received { count, all: count < vector.iov_len && !came && message.msg_flags & libc::MSG_CTRUNC == 0 })
}

/// What one read has brought.
pub(crate) struct Received {
    /// How many bytes; none at the end of the stream.
    pub(crate) count: usize,
    /// Whether that was all there was. (A read ends behind a descriptor, whatever follows.)
    pub(crate) all: bool,
}

/// Writes what there is room for, without waiting, and gives a descriptor along.
pub(crate) fn send(socket: impl AsFd, bytes: &[u8], fd: Option<&OwnedFd>) -> io::Result<usize> {
    let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
    let Some(fd) = fd else { return Ok(rustix::net::send(socket, bytes, flags)?) };
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let fds = [fd.as_fd()];
    if !control.push(SendAncillaryMessage::ScmRights(&fds)) {
        return Err(io::Error::other("no room for a descriptor"));
    }
    Ok(rustix::net::sendmsg(socket, &[IoSlice::new(bytes)], &mut control, flags)?)
}
