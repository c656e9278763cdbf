//! HUP: process actors get the binary that is on disk, one after the other, and nobody who asks is failed for it.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Instant,
};

use pulsar_tests::{Log, SOON, append, proc, until_blocking};

/// By how much its binary may grow before one of its actors does not start any more.
const SOME_MORE: u64 = 1 << 10;

/// A program that runs from a binary of its own, which can be replaced.
struct Program {
    child: Child,
    binary: PathBuf,
    directory: tempfile::TempDir,
    log: Log,
    stderr: PathBuf,
}

impl Program {
    fn start() -> Self {
        Self::start_by(|binary| Command::new(binary))
    }

    /// Starts it by another command, which becomes it.
    fn start_by(command: impl FnOnce(&Path) -> Command) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let binary = directory.path().join("program");
        let stderr = directory.path().join("stderr");
        let log = Log::new();
        copy(Path::new(env!("CARGO_BIN_EXE_reloadee")), &binary);
        let length = fs::metadata(&binary).expect("the program").len();
        let errors = fs::File::create(&stderr).expect("a file");
        let mut command = command(&binary);
        let command = command
            .args([log.path(), (length + SOME_MORE).to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors);
        let child = command.spawn().expect("it starts");
        let program = Self { child, binary, directory, log, stderr };
        program.says("ready");
        program
    }

    /// Puts other content in the place of its binary, as an installation does: by another file.
    fn install(&self, content: &[u8]) {
        let (draft, beside) = (self.directory.path().join("draft"), self.directory.path().join("new"));
        fs::write(&draft, content).expect("it is written");
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).expect("it can be executed");
        copy(&draft, &beside);
        fs::rename(&beside, &self.binary).expect("it takes its place");
    }

    /// Has it reload, and waits until it says how that went.
    fn reload(&self) -> String {
        let before = self.reloads().len();
        assert!(proc::signal(self.child.id(), proc::Signal::HUP));
        until_blocking("it has reloaded", SOON, || self.reloads().len() > before);
        self.reloads().pop().expect("there is one")
    }

    fn reloads(&self) -> Vec<String> {
        let said = |line: &String| line.contains("has replaced") || line.contains("has undone");
        self.log.lines().into_iter().filter(said).collect()
    }

    fn says(&self, what: &str) {
        until_blocking(what, SOON, || self.log.lines().iter().any(|line| line.contains(what)));
    }

    /// What its four process actors run, as told from now on.
    fn runs(&self) -> String {
        let told = || self.log.lines().into_iter().filter(|line| line.starts_with("runs")).collect::<Vec<_>>();
        let before = told().len();
        until_blocking("it says what they run", SOON, || told().len() > before + 1);
        told().pop().expect("there is one")
    }

    /// Fails if anything that was asked has failed; says how many asks of another process were answered.
    fn nothing_failed(&self) -> u64 {
        let lines = self.log.lines();
        let failed: Vec<_> = lines.iter().filter(|line| line.starts_with("failed")).collect();
        assert!(failed.is_empty(), "{failed:#?}");
        lines.iter().rev().find_map(|line| line.strip_prefix("answered ")?.parse().ok()).unwrap_or(0)
    }
}

/// By another process: what another thread forks while a file is open for writing here holds it open, too, for a moment, and
/// what is open for writing cannot be executed.
fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-p").args([from, to]).status();
    assert!(copied.is_ok_and(|status| status.success()), "{} can be copied", from.display());
}

impl Drop for Program {
    fn drop(&mut self) {
        proc::signal(self.child.id(), proc::Signal::KILL);
        let _ = self.child.wait();
    }
}

/// The program, with so many bytes more.
fn longer(by: usize) -> Vec<u8> {
    let mut content = fs::read(env!("CARGO_BIN_EXE_reloadee")).expect("the program");
    content.extend(std::iter::repeat_n(0, by));
    content
}

/// How often it is reloaded; `PULSAR_ROUNDS` says otherwise.
fn rounds() -> usize {
    std::env::var("PULSAR_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5)
}

#[test]
fn a_reload_replaces_all_and_fails_nobody() {
    if !proc::hears_hangups() {
        return;
    }
    let program = Program::start();
    let length = fs::metadata(&program.binary).expect("the program").len();
    assert_eq!(program.runs(), format!("runs {:?}", [length; 4]));
    let began = Instant::now();
    for round in 1..=rounds() {
        program.install(&longer(round));
        let said = program.reload();
        assert!(said.contains("has replaced 6 process actors"), "{said}");
        let says_why = |line: &&String| line.contains("was replaced by") && line.ends_with(": a reload");
        assert_eq!(
            program.log.lines().iter().filter(says_why).count(),
            3 * round,
            "each of the pool's, in round {round}"
        );
        assert_eq!(program.runs(), format!("runs {:?}", [length + round as u64; 4]));
    }
    println!(
        "{} reloads within {:?}; {} asks from another process, none failed",
        rounds(),
        began.elapsed(),
        program.nothing_failed()
    );
}

#[test]
fn a_reload_of_the_same_binary_is_one_too() {
    if !proc::hears_hangups() {
        return;
    }
    let program = Program::start();
    for _ in 0..3 {
        assert!(program.reload().contains("has replaced 6"), "{:?}", program.reloads());
    }
    program.nothing_failed();
}

#[test]
fn a_binary_that_cannot_start_changes_nothing() {
    if !proc::hears_hangups() {
        return;
    }
    let program = Program::start();
    let length = fs::metadata(&program.binary).expect("the program").len();
    let stranger = fs::read("/bin/false").or_else(|_| fs::read("/usr/bin/false")).expect("a program that fails");
    for (content, what) in
        [(stranger, "a program that ends at once"), (b"no program at all".to_vec(), "what cannot be executed")]
    {
        program.install(&content);
        let said = program.reload();
        println!("{what}: {said}");
        assert!(said.contains("has undone"), "{said}");
        assert!(said.contains("site."), "it says which actor: {said}");
        // The log is written by a thread of its own: soon, not at once.
        let logged = || fs::read_to_string(&program.stderr).unwrap_or_default();
        let began = Instant::now();
        while !logged().contains("has undone the replacement") && began.elapsed() < SOON {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        assert!(logged().contains("has undone the replacement"), "{}", logged());
        // Everyone runs what ran before, also those that are started from now on.
        assert_eq!(program.runs(), format!("runs {:?}", [length; 4]));
    }
    let workers = proc::children(program.child.id());
    assert!(workers.len() >= 5, "{workers:?}");
    program.nothing_failed();
    for (pid, _) in workers {
        proc::signal(pid, proc::Signal::KILL);
    }
    assert!(wait_for(&program, length), "what is restarted runs what ran before");
    // A pipe, which would be waited for.
    fs::remove_file(&program.binary).expect("it is there");
    assert!(Command::new("mkfifo").arg(&program.binary).status().is_ok_and(|status| status.success()));
    let said = program.reload();
    assert!(said.contains("has undone") && said.contains("no file that can be run"), "{said}");
    // One that is not there at all.
    fs::remove_file(&program.binary).expect("it is there");
    let said = program.reload();
    assert!(said.contains("has undone") && said.contains(&*program.binary.to_string_lossy()), "{said}");
    // And then one that is good.
    program.install(&longer(7));
    let said = program.reload();
    assert!(said.contains("has replaced 6"), "{said}");
    assert_eq!(program.runs(), format!("runs {:?}", [length + 7; 4]));
}

#[test]
fn what_was_replaced_already_goes_back() {
    if !proc::hears_hangups() {
        return;
    }
    let program = Program::start();
    let length = fs::metadata(&program.binary).expect("the program").len();
    program.install(&longer(2 * SOME_MORE as usize));
    let said = program.reload();
    println!("{said}");
    assert!(said.contains("has undone") && said.contains("site.late") && said.contains("more than"), "{said}");
    // The pool had the new one before that was seen.
    let started =
        program.log.lines().iter().filter(|line| line.contains("site.pool") && line.contains("is started")).count();
    assert!(started >= 9, "three at first, three anew, three back: {started}");
    assert_eq!(program.runs(), format!("runs {:?}", [length; 4]));
    program.nothing_failed();
}

/// Whether all its process actors run a binary of this length, before long.
fn wait_for(program: &Program, length: u64) -> bool {
    let expected = format!("runs {:?}", [length; 4]);
    (0..100).any(|_| program.runs() == expected)
}

#[test]
fn a_stop_during_a_reload_is_a_stop() {
    if !proc::hears_hangups() {
        return;
    }
    for _ in 0..5 {
        let mut program = Program::start();
        program.install(&longer(3));
        assert!(proc::signal(program.child.id(), proc::Signal::HUP));
        program.says("replaces the process actors");
        assert!(proc::signal(program.child.id(), proc::Signal::TERM));
        let mut status = None;
        until_blocking("it ends", SOON, || {
            status = program.child.try_wait().expect("it can be waited for");
            status.is_some()
        });
        assert_eq!(status.and_then(|status| status.code()), Some(0));
        assert!(Path::new(&program.binary).exists());
    }
}

#[test]
fn a_file_system_that_hangs_holds_nothing_up() {
    if !proc::hears_hangups() {
        return;
    }
    // A file system without anybody behind it: whoever looks for something in it waits.
    let mount = "mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 none";
    let unshare = ["--user", "--map-root-user", "--mount", "sh", "-c"];
    let nowhere = tempfile::tempdir().expect("a temporary directory");
    let mut able = Command::new("unshare");
    able.args(unshare).arg(format!(r#"exec 3<>/dev/fuse && {mount} "$0""#)).arg(nowhere.path());
    if !able.stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        println!("skipped: this user may not mount a file system that hangs");
        return;
    }
    let go = Log::new();
    // Once it is told to, the directory of the binary is hidden behind it; for long enough, and not for ever.
    let line = format!(
        r#"(until [ -e {go} ]; do sleep 0.02; done; exec 3<>/dev/fuse; {mount} "${{0%/*}}"; echo > {go}.done; sleep 25) & exec "$0" "$@""#,
        go = go.path()
    );
    let mut program = Program::start_by(|binary| {
        let mut command = Command::new("unshare");
        command.args(unshare).arg(line).arg(binary);
        command
    });
    append(&go.path(), "go");
    until_blocking("the file system hangs", SOON, || Path::new(&format!("{}.done", go.path())).exists());
    let answered = program.nothing_failed();
    let began = Instant::now();
    assert!(proc::signal(program.child.id(), proc::Signal::HUP));
    // While the file is looked for, the arbiter starts again what dies.
    let starts = |program: &Program| {
        let lines = program.log.lines();
        let pids = lines.iter().filter(|line| line.starts_with("site.single is started"));
        pids.filter_map(|line| line.rsplit_once("pid ")?.1.parse::<u32>().ok()).collect::<Vec<_>>()
    };
    let single = *starts(&program).last().expect("it was started");
    assert!(proc::signal(single, proc::Signal::KILL));
    until_blocking("another is started", SOON, || starts(&program).len() == 2);
    let took = began.elapsed();
    assert!(program.reloads().is_empty(), "it is still looked for: {:?}", program.reloads());
    until_blocking("it is given up", SOON, || !program.reloads().is_empty());
    let said = program.reloads().remove(0);
    println!("started again after {took:?}, given up after {:?}: {said}", began.elapsed());
    assert!(said.contains("could not be opened within 5s"), "{said}");
    // The next is told at once what the matter is.
    let said = program.reload();
    assert!(said.contains("still hangs"), "{said}");
    until_blocking("others are answered as ever", SOON, || answers(&program) > answered);
    assert!(proc::signal(program.child.id(), proc::Signal::TERM));
    let mut status = None;
    until_blocking("it ends", SOON, || {
        status = program.child.try_wait().expect("it can be waited for");
        status.is_some()
    });
    assert_eq!(status.and_then(|status| status.code()), Some(0));
}

/// How many asks of another process were answered.
fn answers(program: &Program) -> u64 {
    let lines = program.log.lines();
    lines.iter().rev().find_map(|line| line.strip_prefix("answered ")?.parse().ok()).unwrap_or(0)
}
