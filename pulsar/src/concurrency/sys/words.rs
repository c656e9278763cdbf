//! Linux: the words of a black box in memory that a child writes and the arbiter reads when the child is dead.
//!
//! Must not know what the words mean.

use std::io;
use std::os::fd::OwnedFd;
use std::ptr;

use rustix::fs::{MemfdFlags, SealFlags};
use rustix::mm::{MapFlags, ProtFlags};

use crate::recorder::{Recorded, SIZE, Words};

/// Makes room for the words of one incarnation.
pub(crate) fn make_words() -> io::Result<OwnedFd> {
    let memory = rustix::fs::memfd_create("pulsar-words", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    rustix::fs::ftruncate(&memory, SIZE as u64)?;
    // Nobody makes it smaller under whoever has it mapped, nor larger.
    rustix::fs::fcntl_add_seals(&memory, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
    Ok(memory)
}

/// Makes the words part of this process's memory, for as long as it lives.
pub(crate) fn map_words(memory: &OwnedFd) -> io::Result<&'static Words> {
    let size = rustix::fs::fstat(memory)?.st_size;
    let sealed = rustix::fs::fcntl_get_seals(memory)?.contains(SealFlags::SHRINK);
    if usize::try_from(size) != Ok(SIZE) || !sealed {
        return Err(io::Error::other("it is not of the size that was agreed on"));
    }
    let (access, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
    // SAFETY: a new mapping, at an address that the kernel chooses, of a file that is as long as the mapping.
    #[expect(unsafe_code, reason = "memory that outlives this process can only be mapped")]
    let mapped = unsafe { rustix::mm::mmap(ptr::null_mut(), SIZE, access, flags, memory, 0)? };
    // SAFETY: it begins on a page, which aligns it; it is as long as the words, and sealed against being made shorter;
    // any bytes are words; all access is atomic; and it is never unmapped.
    #[expect(unsafe_code, reason = "the mapping is given its type here")]
    let words = unsafe { &*mapped.cast::<Words>() };
    Ok(words)
}

/// What is noted there.
pub(crate) fn read_words(memory: &OwnedFd) -> io::Result<Recorded> {
    let mut bytes = [0; SIZE];
    let read = rustix::io::pread(memory, &mut bytes, 0)?;
    if read < SIZE {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Recorded::from_bytes(&bytes))
}
