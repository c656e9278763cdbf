//! What a process was started with in the way of signals: which of them are blocked or ignored. Knows nothing of what they mean.

use std::io;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, Ordering};

/// The number of TTIN.
pub(crate) const TTIN: i32 = libc::SIGTTIN;

/// The number of TTOU.
pub(crate) const TTOU: i32 = libc::SIGTTOU;

/// The signals that the master has to hear, or its loop would miss an order or a death.
const HEARD: [libc::c_int; 9] = [
    libc::SIGTERM,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGHUP,
    libc::SIGUSR1,
    libc::SIGTTIN,
    libc::SIGTTOU,
    libc::SIGCHLD,
    libc::SIGCONT,
];

/// Undoes what whoever started the master did to the signals that it must hear: they are unblocked on this thread (and so
/// in those that it starts), and CHLD is no longer ignored, which would reap the children unseen.
///
/// Call it on the main thread before any handler is installed and anything is started.
pub(crate) fn hear_signals() -> io::Result<()> {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: `sigemptyset` makes the set that the other calls go on with; all of them are given pointers to it, or null where
    // that is allowed, and known signal numbers. No handler is installed: the default takes the place of ignoring.
    #[expect(unsafe_code, reason = "neither the standard library nor rustix changes masks and dispositions")]
    let failed = unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in HEARD {
            libc::sigaddset(set.as_mut_ptr(), signal);
        }
        let mask = libc::pthread_sigmask(libc::SIG_UNBLOCK, set.as_ptr(), std::ptr::null_mut());
        mask != 0 || libc::signal(libc::SIGCHLD, libc::SIG_DFL) == libc::SIG_ERR
    };
    if failed { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Undoes for a child what was done to its master, or what that does itself: no signal is blocked, none ignored.
pub(super) fn clean() -> io::Result<()> {
    let mut none = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: `sigemptyset` makes the set.
    #[expect(unsafe_code, reason = "neither the standard library nor rustix makes sets of signals")]
    let none = unsafe {
        libc::sigemptyset(none.as_mut_ptr());
        none.assume_init()
    };
    change_mask(&none)?;
    // Every Rust program ignores PIPE, by itself.
    for signal in (1..=libc::SIGRTMAX()).filter(|signal| *signal != libc::SIGPIPE && is_ignored(*signal)) {
        // SAFETY: no handler is installed: the default takes the place of ignoring.
        #[expect(unsafe_code, reason = "neither the standard library nor rustix changes dispositions")]
        unsafe {
            libc::signal(signal, libc::SIG_DFL);
        }
    }
    Ok(())
}

/// Has HUP handled by `handler`, which may only make system calls. Programs that this process starts get the default back.
pub(super) fn handle_hangup(handler: extern "C" fn(i32)) -> io::Result<()> {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: all zeroes are an action without flags and with an empty mask; the handler, which is of the type that goes without
    // `SA_SIGINFO`, keeps to what may be done in one.
    #[expect(unsafe_code, reason = "neither the standard library nor rustix installs handlers")]
    let failed = unsafe {
        let action = action.assume_init_mut();
        action.sa_sigaction = handler as *const () as libc::sighandler_t;
        action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
        libc::sigaction(libc::SIGHUP, action, std::ptr::null_mut())
    };
    if failed == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// In the handler of HUP: ends this process by it, as if it had none.
pub(super) fn hang_up() {
    // SAFETY: both may be called in a handler. The signal is blocked until that returns, and then has its default action.
    #[expect(unsafe_code, reason = "neither the standard library nor rustix changes dispositions")]
    unsafe {
        libc::signal(libc::SIGHUP, libc::SIG_DFL);
        libc::raise(libc::SIGHUP);
    }
}

/// Does something with every signal blocked, so that the threads it starts handle none.
pub(super) fn with_none<T>(work: impl FnOnce() -> T) -> io::Result<T> {
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: `sigfillset` makes the set.
    #[expect(unsafe_code, reason = "neither the standard library nor rustix makes sets of signals")]
    let all = unsafe {
        libc::sigfillset(all.as_mut_ptr());
        all.assume_init()
    };
    let before = change_mask(&all)?;
    let done = work();
    change_mask(&before)?;
    Ok(done)
}

/// Sets this thread's mask, and gives the one before.
fn change_mask(set: &libc::sigset_t) -> io::Result<libc::sigset_t> {
    let mut before = MaybeUninit::uninit();
    // SAFETY: both point to sets that live long enough; the call fills `before` if it succeeds, which is looked at first.
    #[expect(unsafe_code, reason = "neither the standard library nor rustix changes masks")]
    unsafe {
        match libc::pthread_sigmask(libc::SIG_SETMASK, set, before.as_mut_ptr()) {
            0 => Ok(before.assume_init()),
            error => Err(io::Error::from_raw_os_error(error)),
        }
    }
}

/// Whether HUP is ignored, as `nohup` has it.
pub(crate) fn ignores_hangup() -> bool {
    is_ignored(libc::SIGHUP)
}

fn is_ignored(signal: libc::c_int) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: only asks what is set, into a place of the right type, which any bytes make valid.
    #[expect(unsafe_code, reason = "neither the standard library nor rustix says how a signal is handled")]
    unsafe {
        libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) == 0
            && action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}

/// Whether this process has a terminal that controls it.
fn has_terminal() -> bool {
    std::fs::File::open("/dev/tty").is_ok()
}

/// Whether this process may lose the terminal that it was started from.
static ATTACHED: AtomicBool = AtomicBool::new(false);

/// Notes whether there is a terminal to lose.
pub(crate) fn note_terminal() {
    ATTACHED.store(has_terminal(), Ordering::Relaxed);
}

/// It was given up on purpose: a HUP does not say that it went away.
#[cfg(feature = "app")]
pub(crate) fn leave_terminal() {
    ATTACHED.store(false, Ordering::Relaxed);
}

/// Whether there was a terminal, and it is gone.
pub(crate) fn lost_terminal() -> bool {
    ATTACHED.load(Ordering::Relaxed) && !has_terminal()
}
