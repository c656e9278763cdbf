//! Owns how a program is run and how its end is awaited. Knows nothing of any example.

use std::{
    io::{Read, Write},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Where the actors of an example can be.
pub(crate) const KINDS: [&str; 3] = ["process", "thread", "task"];

/// A program that takes longer is killed, and its test fails.
const DEADLINE: Duration = Duration::from_secs(60);

/// What a program did.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// Its standard output, if it succeeded without a complaint.
    #[track_caller]
    pub(crate) fn clean(self) -> String {
        assert!(self.status.success() && self.stderr.is_empty(), "{self:?}");
        self.stdout
    }
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) -> Outcome {
    feed(command, b"")
}

/// Runs a program to its end with this as its standard input.
pub(crate) fn feed(command: &mut Command, input: &[u8]) -> Outcome {
    let mut child = command
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (mut stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        // Whoever does not read its input to the end may close it.
        scope.spawn(move || stdin.take().map(|mut stdin| stdin.write_all(input)));
        let stdout = scope.spawn(|| text(stdout));
        let stderr = scope.spawn(|| text(stderr));
        let status = wait(child);
        Outcome { status, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
    })
}

/// Waits for the end of a program, but not for ever.
fn wait(mut child: Child) -> ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if begun.elapsed() > DEADLINE {
            // Its whole group, or what is left of it would keep the pipes open.
            Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status().unwrap();
            child.wait().unwrap();
            panic!("it took more than {DEADLINE:?}");
        }
        thread::sleep(Duration::from_millis(2));
    }
}

fn text(pipe: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
    String::from_utf8(bytes).unwrap()
}
