//! `#[pulsar::test]`: each test is a program of its own, so that no two share an arbiter, its names or its signals.
//!
//! A test binary re-executes itself for each test, as its master; the master's children re-execute it once more.

use std::ffi::OsString;
use std::future::Future;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{MainOutcome, master};
use crate::concurrency::process;

/// Tells a re-executed test binary which test it is the master of.
const MASTER: &str = "PULSAR_TEST";

/// What stands between an actor's name and what it printed.
const ACTOR: &str = " | ";

/// What `#[pulsar::test(..)]` says.
#[derive(Clone, Copy, Debug)]
pub struct TestOptions {
    timeout: Duration,
    setup: fn(),
}

impl Default for TestOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl TestOptions {
    /// The defaults: a minute.
    pub const fn new() -> Self {
        Self { timeout: Duration::from_secs(60), setup: || () }
    }

    /// What its master and each of its process actors call first; the harness does not, whose tests share one process.
    pub const fn setup(mut self, setup: fn()) -> Self {
        self.setup = setup;
        self
    }

    /// How long the test may take.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

/// What `#[pulsar::test]` makes of a test: `path` is its full path, the crate's name included.
///
/// # Panics
///
/// If the test fails, which is what a test does.
pub fn test<F, B, T>(path: &'static str, options: TestOptions, body: F)
where
    F: FnOnce() -> B + Send + 'static,
    B: Future<Output = T> + 'static,
    T: MainOutcome,
{
    process::divert(options.setup);
    let name = path.split_once("::").map_or(path, |(_, name)| name);
    let arguments: Vec<OsString> =
        [name, "--exact", "--nocapture", "--test-threads=1"].iter().map(Into::into).collect();
    if std::env::var(MASTER).is_ok_and(|master| master == name) {
        (options.setup)();
        std::process::exit(i32::from(master::run(body, arguments)));
    }
    let outcome = run_apart(name, &arguments, options.timeout);
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// Runs this test again as a program of its own, and passes on what it prints.
fn run_apart(name: &str, arguments: &[OsString], timeout: Duration) -> Result<(), String> {
    let binary = std::env::current_exe().map_err(|error| format!("this binary cannot be found: {error}"))?;
    let mut child = Command::new(binary)
        .args(arguments)
        .env(MASTER, name)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("this binary cannot be run again: {error}"))?;
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    let status = wait(&mut child, timeout);
    let begins = format!("test {name} ... ");
    for line in joined(stdout).lines() {
        // What an actor printed comes behind its name.
        let (who, mut text) = line.split_once(ACTOR).unwrap_or(("", line));
        // The harness of the inner run, and those of its children, say nothing that the outer one does not; and they
        // begin a line that the test then goes on with.
        while let Some(rest) = text.strip_prefix(&begins) {
            text = rest;
        }
        if text.is_empty() || text == "running 1 test" {
            continue;
        }
        let between = if who.is_empty() { "" } else { ACTOR };
        println!("{who}{between}{text}");
    }
    eprint!("{}", joined(stderr));
    match status {
        None => Err(format!("the test took longer than {timeout:?}, and was killed")),
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("the test failed: {status}")),
    }
}

/// Waits for the end, and sees that there is one.
fn wait(child: &mut Child, timeout: Duration) -> Option<std::process::ExitStatus> {
    let deadline = Instant::now() + timeout;
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        if Instant::now() >= deadline {
            // Its actors' processes go with it.
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn collect(stream: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn joined(reader: JoinHandle<String>) -> String {
    reader.join().unwrap_or_default()
}
