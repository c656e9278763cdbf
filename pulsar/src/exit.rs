//! Vocabulary: why an incarnation ended.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::plural::count;

/// Why an incarnation of an actor ended.
///
/// Told apart so that a caller, a log line and a restart policy can each do the right thing.
///
/// ```
/// use pulsar::ExitReason;
/// assert!(ExitReason::Normal.is_normal());
/// let killed = ExitReason::Signal { number: 9, core: false };
/// assert_eq!(killed.to_string(), "was killed by signal 9 (SIGKILL)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ExitReason {
    /// It ended by itself: `cx.stop()`, or the body of `main` returned.
    Normal,
    /// It was stopped on request. Never restarted.
    Shutdown,
    /// A hook other than `start` returned an error.
    Error(String),
    /// A handler or a hook panicked.
    Panic {
        /// The panic's message and place.
        message: String,
        /// The backtrace, where `RUST_BACKTRACE` asks for one.
        backtrace: Option<Backtrace>,
    },
    /// Its process was ended by a signal.
    Signal {
        /// The signal's number.
        number: i32,
        /// Whether a core was dumped.
        core: bool,
    },
    /// Its process exited with this code without having said why.
    Code(i32),
    /// It kept silent for longer than its `timeout`.
    Hung,
    /// Its process ran out of memory: an allocation failed (beyond `memory`, say, if that is set), its resident memory was
    /// found above `memory` at a heartbeat, or the kernel killed it for want of memory (nobody else did, and the kernel's
    /// count of such kills has gone up).
    OutOfMemory,
    /// Its process overflowed a stack: too deep a recursion. Known from what Rust prints then, so with
    /// [`Output::Inherit`](crate::Output::Inherit) it shows as a signal; so does an allocation that fails.
    StackOverflow,
    /// It did not become ready: the `start` hook's error, or what kept its place from being made.
    StartFailed(String),
    /// Its process was built from other declarations than its master.
    Schema(String),
    /// It sent bytes that are no message.
    Protocol(String),
    /// It died too often within too short a time, and is parked until [`Proxy::reset`](crate::Proxy::reset). Of a supervisor,
    /// and of a pool under one: its children did, and it has ended.
    GaveUp {
        /// How often it was restarted.
        restarts: u32,
        /// Why its last incarnation ended.
        last: Box<Self>,
    },
    /// It ended with the actor or process that it lived in.
    OwnerEnded,
    /// It is gone, and why is not known (the news of its end did not arrive in time).
    Unknown,
}

impl ExitReason {
    /// Whether this end was meant: [`Normal`](Self::Normal), [`Shutdown`](Self::Shutdown) or with its owner.
    ///
    /// ```
    /// use pulsar::ExitReason;
    /// assert!(!ExitReason::Hung.is_normal());
    /// ```
    pub fn is_normal(&self) -> bool {
        matches!(self, Self::Normal | Self::Shutdown | Self::OwnerEnded)
    }
}

/// The backtrace of a panic. Its `Debug` is short, so that a printed reason stays readable; `Display` shows it all.
///
/// ```no_run
/// # use pulsar::ExitReason;
/// # fn doc(reason: ExitReason) {
/// if let ExitReason::Panic { backtrace: Some(backtrace), .. } = reason {
///     eprintln!("{backtrace}");
/// }
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Backtrace(String);

impl Backtrace {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Backtrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({} lines)", self.0.lines().count())
    }
}

impl fmt::Display for Backtrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How long a text of a reason may be, in bytes: it is told to every process.
const MAX_TEXT: usize = 16 << 10;

impl ExitReason {
    /// With texts of a length that can be told to everybody.
    pub(crate) fn clipped(mut self) -> Self {
        match &mut self {
            Self::Error(text) | Self::StartFailed(text) | Self::Schema(text) | Self::Protocol(text) => clip(text),
            Self::Panic { message, backtrace } => {
                clip(message);
                backtrace.iter_mut().for_each(|backtrace| clip(&mut backtrace.0));
            }
            _ => {}
        }
        self
    }
}

fn clip(text: &mut String) {
    if text.len() > MAX_TEXT {
        let end = (0..=MAX_TEXT).rev().find(|&at| text.is_char_boundary(at)).unwrap_or_default();
        text.truncate(end);
        text.push_str(" [cut]");
    }
}

/// The names of the signals that a supervisor meets.
fn signal_name(number: i32) -> &'static str {
    match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => "unnamed",
    }
}

impl fmt::Display for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal => f.write_str("ended normally"),
            Self::Shutdown => f.write_str("was stopped on request"),
            Self::Error(text) => write!(f, "failed: {text}"),
            Self::Panic { message, .. } => write!(f, "panicked: {message}"),
            Self::Signal { number, core } => {
                write!(f, "was killed by signal {number} ({})", signal_name(*number))?;
                if *core { f.write_str(", core dumped") } else { Ok(()) }
            }
            Self::Code(code) => write!(f, "exited with code {code}"),
            Self::Hung => f.write_str("hung: no notify within its timeout"),
            Self::OutOfMemory => f.write_str("ran out of memory"),
            Self::StackOverflow => f.write_str("overflowed its stack"),
            Self::StartFailed(text) => write!(f, "could not start: {text}"),
            Self::Schema(text) => write!(f, "was built from other declarations: {text}"),
            Self::Protocol(text) => write!(f, "broke the protocol: {text}"),
            Self::GaveUp { restarts, last } => {
                let restarts = count(*restarts, "restart");
                write!(f, "was given up after {restarts} (the last time it {last}): `reset` begins again")
            }
            Self::OwnerEnded => f.write_str("ended with the actor it lived in"),
            Self::Unknown => f.write_str("ended, for a reason that did not become known"),
        }
    }
}
