//! Linux: forking children that are this process's siblings (`CLONE_PARENT`), so that whoever wanted them waits for them.
//!
//! Only while this process has one thread: what other threads hold at that moment would be held for ever in the child. What
//! the C library's own `fork` keeps right is kept right here: the thread's number, and its list of robust locks. Knows nothing of actors.

use std::io;
use std::ops::Range;
use std::ptr;

use rustix::mm::Advice;

use super::linux::read_kernel;

/// How many bytes of a title there is room for.
pub(crate) const TITLE_ROOM: usize = 256;

/// How much of one mapping is warmed up.
const WARMED: usize = 4 << 20;

/// Whether it is known here in which order the system call takes its arguments, and that the C library keeps the number of a thread
/// at the address that it gave the kernel.
#[cfg(all(target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")))]
const SUPPORTED: bool = true;
#[cfg(not(all(target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64"))))]
const SUPPORTED: bool = false;

/// A process that may be forked.
pub(crate) struct Forker {
    /// Where the C library keeps the number of this thread.
    thread: *mut libc::pid_t,
    /// Its robust locks, as the kernel knows them.
    robust: (*mut libc::c_void, libc::size_t),
    /// Where its title is.
    title: Range<usize>,
}

/// Who comes back from a fork.
pub(crate) enum Forked {
    /// This process, with the number of its child.
    Parent(u32),
    Child,
}

impl Forker {
    /// Looks whether this process may be forked; if not, says why.
    pub(crate) fn new() -> Result<Self, String> {
        if !SUPPORTED {
            return Err("it is not known how on this platform".into());
        }
        let threads = std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
        if threads != 1 {
            return Err(format!("it has {threads} threads: nothing may start one before `pulsar::init()`"));
        }
        let mut thread = ptr::null_mut::<libc::pid_t>();
        let mut robust = (ptr::null_mut(), 0);
        // SAFETY: both calls write one address and one length to places of that size, and change nothing else.
        #[expect(unsafe_code, reason = "what the C library has told the kernel can only be asked of the kernel")]
        let known = unsafe {
            libc::prctl(libc::PR_GET_TID_ADDRESS, &raw mut thread, 0, 0, 0) == 0
                && libc::syscall(libc::SYS_get_robust_list, 0, &raw mut robust.0, &raw mut robust.1) == 0
        };
        let own = rustix::thread::gettid().as_raw_pid();
        // SAFETY: the kernel was given this address by the C library, as that of an integer of this thread's own.
        #[expect(unsafe_code, reason = "the address is the kernel's word")]
        let fits = known && !thread.is_null() && unsafe { thread.read() } == own;
        if !fits {
            return Err("the kernel does not say where the C library keeps the number of a thread".into());
        }
        let title = title().ok_or("the kernel does not say where the title of a process is")?;
        Ok(Self { thread, robust, title })
    }

    /// Forks. The child is a child of this process's parent, and inherits everything but its death signal.
    pub(crate) fn fork(&self) -> io::Result<Forked> {
        let flags = libc::CLONE_PARENT | libc::CLONE_CHILD_SETTID | libc::CLONE_CHILD_CLEARTID | libc::SIGCHLD;
        let none = 0_usize;
        // SAFETY: without a stack and without sharing memory this is a fork. This process has one thread, so that no lock is
        // held by another; the kernel writes the child's number to where the C library keeps it, in the child's own copy.
        #[expect(unsafe_code, reason = "the C library's own fork makes no siblings")]
        let pid = unsafe {
            #[cfg(target_arch = "aarch64")]
            {
                libc::syscall(libc::SYS_clone, libc::c_long::from(flags), none, none, none, self.thread)
            }
            #[cfg(not(target_arch = "aarch64"))]
            {
                libc::syscall(libc::SYS_clone, libc::c_long::from(flags), none, none, self.thread, none)
            }
        };
        match pid {
            0 => {
                // SAFETY: the same list at the same address, for the kernel has forgotten it.
                #[expect(unsafe_code, reason = "as the C library's own fork does")]
                unsafe {
                    libc::syscall(libc::SYS_set_robust_list, self.robust.0, self.robust.1);
                }
                Ok(Forked::Child)
            }
            pid => match u32::try_from(pid) {
                Ok(pid) => Ok(Forked::Parent(pid)),
                Err(_) => Err(io::Error::last_os_error()),
            },
        }
    }

    /// Gives this process another title: what lists of processes show as its first argument.
    pub(crate) fn set_title(&self, title: &[u8]) {
        let room = self.title.len();
        let text = title.split(|byte| *byte == 0).next().unwrap_or_default();
        let length = text.len().min(room.saturating_sub(1));
        let place = ptr::with_exposed_provenance_mut::<u8>(self.title.start);
        // SAFETY: the kernel says that the arguments are there, `room` bytes of this process's own memory that it may write. Only
        // the standard library reads them, when it is asked for them, and no thread of the user's runs yet that could ask.
        #[expect(unsafe_code, reason = "the title of a process is where its arguments were put")]
        unsafe {
            ptr::copy_nonoverlapping(text.as_ptr(), place, length);
            ptr::write_bytes(place.add(length), 0, room - length);
        }
    }
}

/// Has the kernel map what this process will need at once, in one go: a page that is first touched later costs a fault, and a
/// process that has just been forked has nothing mapped but what its parent has written to. Only as long as it is to `go_on`.
pub(crate) fn warm_up(go_on: impl Fn() -> bool) {
    let Ok(maps) = read_kernel("/proc/self/maps") else { return };
    for line in maps.lines().take_while(|_| go_on()) {
        let mut fields = line.split_ascii_whitespace();
        let (Some(range), Some(access), Some(name)) = (fields.next(), fields.next(), fields.nth(3)) else { continue };
        let advice = match access {
            "r-xp" | "r--p" if name.starts_with('/') => Advice::LinuxPopulateRead,
            "rw-p" if name.starts_with('/') || name == "[heap]" => Advice::LinuxPopulateWrite,
            _ => continue,
        };
        let number = |text| usize::from_str_radix(text, 16).ok();
        let Some((start, end)) = range.split_once('-').and_then(|(a, b)| Some((number(a)?, number(b)?))) else {
            continue;
        };
        let length = end.saturating_sub(start).min(WARMED);
        // SAFETY: the range is mapped with this access; that pages of it become present changes nothing that can be seen.
        #[expect(unsafe_code, reason = "it is told by address")]
        let _ = unsafe { rustix::mm::madvise(ptr::with_exposed_provenance_mut(start), length, advice) };
    }
}

/// Where this process's one argument lies.
fn title() -> Option<Range<usize>> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name, in brackets, may hold anything. Behind it the fields begin with the third.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<usize>().ok();
    let (start, end) = (field(48)?, field(49)?);
    let one = std::env::args_os().len() == 1 && start != 0;
    (one && end.checked_sub(start)? > TITLE_ROOM).then_some(start..end)
}

/// Puts other variables into the place of this process's own.
pub(crate) fn replace_environment(variables: impl Iterator<Item = (std::ffi::OsString, std::ffi::OsString)>) {
    let before: Vec<_> = std::env::vars_os().map(|(name, _)| name).collect();
    // SAFETY: only a process that may be forked calls it: it has one thread.
    #[expect(unsafe_code, reason = "the environment is the master's, as it is now")]
    unsafe {
        before.into_iter().for_each(|name| std::env::remove_var(name));
        variables.for_each(|(name, value)| std::env::set_var(name, value));
    }
}
