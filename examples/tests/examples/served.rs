//! Owns an example that serves: it is started on a port of its own, and ended with the test. Knows nothing of any example.

use std::{
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// How long anything may take.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// A program that serves.
pub(crate) struct Served {
    child: Child,
    /// Its host and port.
    pub(crate) at: String,
    /// What it has said on standard error.
    pub(crate) said: Arc<Mutex<String>>,
}

impl Served {
    /// Starts it with so many workers, and waits until it says where it is.
    pub(crate) fn start(binary: &str, workers: u32) -> Self {
        Self::of(&mut Command::new(binary), &["--workers", &workers.to_string()])
    }

    /// The same with these arguments.
    pub(crate) fn of(command: &mut Command, args: &[&str]) -> Self {
        let mut child = command
            .args(["--bind", "127.0.0.1:0"])
            .args(args)
            .process_group(0)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let said = Arc::new(Mutex::new(String::new()));
        let (lines, heard) = (BufReader::new(child.stderr.take().unwrap()).lines(), said.clone());
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                *heard.lock().unwrap() += &(line + "\n");
            }
        });
        let mut served = Self { child, at: String::new(), said };
        served.at = until("it says where it serves", || {
            let said = served.said.lock().unwrap();
            let (_, rest) = said.split_once("serves http")?;
            let (_, rest) = rest.split_once("://")?;
            rest.split_once(char::is_whitespace).map(|(at, _)| at.to_string())
        });
        served
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        until("it has ended", || self.child.try_wait().unwrap())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Its whole group. One that has ended is gone.
        let _ = rustix::process::kill_process_group(
            rustix::process::Pid::from_child(&self.child),
            rustix::process::Signal::KILL,
        );
        let _ = self.child.wait();
    }
}

/// Waits until there is something.
pub(crate) fn until<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + SOON;
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {SOON:?}: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
