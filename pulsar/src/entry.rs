//! The ways into a program: `#[pulsar::main]`, `#[pulsar::test]`, and by hand.

mod master;
mod testing;

use std::fmt;
use std::future::Future;
use std::process::ExitCode;

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
/// A program whose hand-written `main` does not call it starts children that end with code 70 and say so; `spawn` then
/// fails.
pub fn init() {
    process::divert();
}

/// Runs the arbiter on this thread, and `body` as the actor `main` on a thread of its own, until `body` has ended or
/// the program is stopped. Then every actor is stopped, and this returns the exit code.
///
/// Call it once, from the main thread, after [`init`].
///
/// The exit code is 0 where `body` returned `()` or `Ok` and after TERM, 1 where it returned an error (which is printed),
/// 101 where it panicked, 130 after INT, 131 after QUIT.
///
/// ```no_run
/// pulsar::init();
/// pulsar::run(|| async { println!("the arbiter runs") });
/// ```
///
/// TERM ends the program gracefully, INT and QUIT within a second, a second signal at once (gunicorn's signals).
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
    fn into_code(self) -> Result<u8, String>;
}

impl MainOutcome for () {
    fn into_code(self) -> Result<u8, String> {
        Ok(0)
    }
}

impl MainOutcome for ExitCode {
    fn into_code(self) -> Result<u8, String> {
        // The type hides its number, but shows it.
        let shown = format!("{self:?}");
        let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
        Ok(digits.parse().unwrap_or(u8::from(self != Self::SUCCESS)))
    }
}

impl<T: MainOutcome, E: Into<Error> + fmt::Debug> MainOutcome for Result<T, E> {
    fn into_code(self) -> Result<u8, String> {
        match self {
            Ok(value) => value.into_code(),
            Err(error) => Err(error.into().to_string()),
        }
    }
}
