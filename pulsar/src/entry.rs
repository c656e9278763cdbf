//! The ways into a program: `#[pulsar::main]`, `#[pulsar::test]`, and by hand.

mod master;
mod sockets;
mod testing;

use std::fmt;
use std::future::Future;
use std::process::ExitCode;

#[cfg(feature = "app")]
pub(crate) use sockets::put_back;
pub use sockets::{ListenFd, listen_fds};
pub use testing::{TestOptions, test};

use crate::concurrency::{process, sys};
use crate::error::Error;

/// If this process was started to be an actor, becomes it and does not return. The first line of a hand-written `main`.
///
/// `#[pulsar::main]` and `#[pulsar::test]` do it by themselves.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// fn main() -> ExitCode {
///     pulsar::init();
///     pulsar::run(|| async { println!("the arbiter runs") })
/// }
/// ```
///
/// What stands before it in `main` is run by the master, and by a child that is executed; most are forked from one that has come
/// this far, and share what that did. It must not start threads: with more than one nothing is forked.
///
/// A program whose hand-written `main` does not call it starts children that end with code 70 and say so; `spawn` then
/// fails.
pub fn init() {
    process::divert(|| ());
}

/// Runs the arbiter on this thread, and `body` as the actor `main` on a thread of its own, until `body` has ended or
/// the program is stopped. Then every actor is stopped, and this returns the exit code.
///
/// Call it once, from the main thread, after [`init`].
///
/// | Exit code | When |
/// | --- | --- |
/// | 0 | `body` returned `()` or `Ok`, or the program was told to end: TERM, or [`Proxy::stop`](crate::Proxy::stop) of the arbiter |
/// | 1 | `body` returned an error, which is printed; [`Error::with_code`] says otherwise |
/// | 3 | it returned a [`SpawnError`](crate::SpawnError): an actor or a tree could not start |
/// | 4 | a supervisor that was [`run`](crate::SupervisorExt::run) gave up |
/// | 70 | the runtime itself could not begin: no loop, no thread, signals that cannot be heard |
/// | 101 | `body` panicked |
/// | 129 | the terminal it was started from went away |
/// | 130, 131 | INT, QUIT |
/// | 128 and its number | a second signal had to hurry the end: 130, 131, 143 |
/// | any | `body` returned an [`ExitCode`], or [`Arbiter::shutdown`](crate::Arbiter::shutdown) said so |
///
/// ```no_run
/// pulsar::init();
/// pulsar::run(|| async { println!("the arbiter runs") });
/// ```
///
/// TERM ends the program gracefully, INT and QUIT within a second; a second signal kills what is left, a third waits for
/// nothing. HUP reloads and ends nothing, unless the terminal that the program was started from is gone; one that was
/// ignored from the start (`nohup`) stays so. USR1 is for whoever rotates log files, TTIN and TTOU add a worker to each pool and take one
/// away, WINCH and PIPE mean nothing.
pub fn run<F, B, T>(body: F) -> ExitCode
where
    F: FnOnce() -> B + Send + 'static,
    B: Future<Output = T> + 'static,
    T: MainOutcome,
{
    if sys::take_marker(false).is_some() {
        eprintln!(
            "pulsar: this process was started as an actor's, but reached the arbiter: call pulsar::init() first thing in main"
        );
        return ExitCode::from(70);
    }
    ExitCode::from(master::run(body, Vec::new()))
}

/// What `#[pulsar::main]` makes of `main`.
pub fn main<F, B, T>(body: F) -> ExitCode
where
    F: FnOnce() -> B + Send + 'static,
    B: Future<Output = T> + 'static,
    T: MainOutcome,
{
    init();
    run(body)
}

/// What `#[pulsar::main(setup = path)]` makes of `main`.
pub fn main_with<F, B, T>(setup: fn(), body: F) -> ExitCode
where
    F: FnOnce() -> B + Send + 'static,
    B: Future<Output = T> + 'static,
    T: MainOutcome,
{
    process::divert(setup);
    setup();
    run(body)
}

/// What the body of `main` or of a test may return: nothing, an exit code, or a `Result`.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// #[pulsar::main]
/// async fn main() -> pulsar::Result<ExitCode> {
///     Ok(ExitCode::from(3))
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`main` cannot return `{Self}`",
    label = "return nothing, a `Result`, or an `ExitCode`"
)]
pub trait MainOutcome {
    #[doc(hidden)]
    fn into_code(self) -> Result<u8, Error>;
}

impl MainOutcome for () {
    fn into_code(self) -> Result<u8, Error> {
        Ok(0)
    }
}

impl MainOutcome for ExitCode {
    fn into_code(self) -> Result<u8, Error> {
        // The type hides its number, but shows it.
        let shown = format!("{self:?}");
        let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
        Ok(digits.parse().unwrap_or(u8::from(self != Self::SUCCESS)))
    }
}

impl<T: MainOutcome, E: Into<Error> + fmt::Debug> MainOutcome for Result<T, E> {
    fn into_code(self) -> Result<u8, Error> {
        match self {
            Ok(value) => value.into_code(),
            Err(error) => Err(error.into()),
        }
    }
}
