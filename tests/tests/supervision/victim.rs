//! A program that a test starts and ends, with everything that it starts in turn.

use std::{
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use pulsar_tests::{Log, SOON, proc, until_blocking};

/// What nothing survives the master by. The promise; a loaded machine may need some of it to be looked at.
pub(crate) const A_SECOND: Duration = Duration::from_secs(1);

/// The environment variable by which all processes of one victim are found.
const MARK: &str = "PULSAR_VICTIM";

/// A program, with all that it starts.
pub(crate) struct Victim {
    pub(crate) child: Child,
    mark: String,
    pub(crate) log: Log,
}

impl Victim {
    pub(crate) fn start(mode: &str) -> Self {
        Self::start_with(mode, |_| {})
    }

    /// Starts it, with something changed in how.
    pub(crate) fn start_with(mode: &str, change: impl FnOnce(&mut Command)) -> Self {
        Self::start_as(&mut Command::new(env!("CARGO_BIN_EXE_victim")), mode, change)
    }

    /// Starts it by a line of shell, in which it is `"$0" "$@"`.
    pub(crate) fn start_through_shell(mode: &str, line: &str, change: impl FnOnce(&mut Command)) -> Self {
        Self::start_as(Command::new("sh").args(["-c", line, env!("CARGO_BIN_EXE_victim")]), mode, change)
    }

    fn start_as(command: &mut Command, mode: &str, change: impl FnOnce(&mut Command)) -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let mark = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let log = Log::new();
        command.args([mode, &log.path()]).env(MARK, &mark).process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        change(command);
        let child = command.spawn().expect("the victim starts");
        Self { child, mark, log }
    }

    pub(crate) fn ready(mode: &str) -> Self {
        let victim = Self::start(mode);
        victim.says("ready");
        victim
    }

    /// Waits until it has written a line.
    pub(crate) fn says(&self, what: &str) {
        until_blocking(what, SOON, || self.log.lines().iter().any(|line| line == what));
    }

    pub(crate) fn signal(&self, signal: proc::Signal) {
        assert!(proc::signal(self.child.id(), signal));
    }

    /// Waits for its end, and says how long that took.
    pub(crate) fn wait(&mut self, within: Duration) -> (ExitStatus, Duration) {
        let began = Instant::now();
        let mut status = None;
        until_blocking("the victim ends", within, || {
            status = self.child.try_wait().expect("it can be waited for");
            status.is_some()
        });
        (status.expect("it has ended"), began.elapsed())
    }

    /// All its processes that still run.
    pub(crate) fn left(&self) -> Vec<u32> {
        proc::with_env(MARK, &self.mark)
    }

    /// The master and its actors that still run.
    pub(crate) fn running(&self) -> Vec<u32> {
        self.left().into_iter().filter(|pid| !proc::is_no_actor(*pid)).collect()
    }

    /// Fails if anything of it runs a second from now.
    #[track_caller]
    pub(crate) fn nothing_is_left(&self, within: Duration) {
        let began = Instant::now();
        while !self.left().is_empty() {
            let left: Vec<_> = self.left().into_iter().map(|pid| (pid, proc::state(pid), proc::title(pid))).collect();
            assert!(began.elapsed() < within, "left after {within:?}: {left:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        for pid in self.left() {
            proc::signal(pid, proc::Signal::KILL);
        }
        let _ = self.child.wait();
    }
}
