//! The fork server: what it forks is like what is executed, it follows its master, and nothing depends on it.

use std::process::Command;

/// What the program says: on its standard output, and on its standard error.
fn forks(mode: &str, change: impl FnOnce(&mut Command)) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_forks"));
    command.arg(mode).env_remove("PULSAR_FORK_SERVER");
    change(&mut command);
    let output = command.output().expect("the program runs");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && stdout.contains("well"), "{mode}: {stdout}\n{stderr}");
    stderr.into_owned()
}

#[test]
fn a_forked_actor_is_like_an_executed_one() {
    forks("same", |_| {});
    // What was done to the signals of the master is undone in both.
    forks("same", |command| {
        let program = command.get_program().to_owned();
        *command = Command::new("env");
        command
            .env_remove("PULSAR_FORK_SERVER")
            .args(["--block-signal=TERM,USR2", "--ignore-signal=INT,USR1"])
            .arg(program)
            .arg("same");
    });
}

#[test]
fn it_follows_its_master() {
    forks("changes", |command| {
        command.env("FORKS_REMOVED", "not yet");
    });
}

#[test]
fn nothing_depends_on_it() {
    forks("killed", |_| {});
}

#[test]
fn one_that_ends_at_once_is_not_started_for_ever() {
    let directory = tempfile::tempdir().expect("a directory");
    forks("dies", |command| {
        command.env("FORKS_DIES", directory.path().join("started"));
    });
}

#[test]
fn one_that_is_killed_comes_back_and_reaps_no_stranger() {
    forks("idle", |_| {});
}

#[test]
fn many_that_are_forked_leave_nobody_behind() {
    forks("many", |_| {});
}

#[test]
fn it_can_be_switched_off() {
    forks("never", |command| {
        command.env("PULSAR_FORK_SERVER", "off");
    });
    let said = forks("never", |command| {
        command.env("PULSAR_FORK_SERVER", "of");
    });
    assert!(said.contains("PULSAR_FORK_SERVER=of: say `on` or `off`"), "{said}");
}

#[test]
fn a_program_with_threads_is_not_forked() {
    let said = forks("never", |command| {
        command.env("FORKS_THREAD", "1");
    });
    assert!(said.contains("it has 2 threads: nothing may start one before `pulsar::init()`"), "{said}");
}
