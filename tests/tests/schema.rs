//! Two binaries: a child of another build, and a child that was never diverted, are told apart and do no harm.

use std::process::Command;

fn run(command: &mut Command) -> (String, String) {
    let output = command.output().expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_child_of_the_same_build_is_spawned() {
    let (stdout, stderr) = run(&mut Command::new(env!("CARGO_BIN_EXE_spawner")));
    assert_eq!(stdout, "spawned: pong\n", "{stderr}");
}

#[test]
fn a_child_of_another_build_fails_its_spawn_with_schema() {
    let spawner = env!("CARGO_BIN_EXE_spawner");
    let (stdout, stderr) = run(Command::new(spawner).env("PULSAR_EXE", env!("CARGO_BIN_EXE_stranger")));
    assert!(stdout.starts_with("Schema("), "{stdout}{stderr}");
    assert!(stdout.contains("another build"), "{stdout}");
}

#[test]
fn a_child_that_was_not_diverted_says_what_to_do_and_starts_no_tree() {
    let (stdout, stderr) = run(&mut Command::new(env!("CARGO_BIN_EXE_undiverted")));
    assert!(stderr.contains("call pulsar::init() first thing in main"), "{stderr}");
    assert!(stdout.starts_with("Err(Failed"), "{stdout}");
    assert_eq!(stdout.lines().count(), 1, "only the master printed: {stdout}");
}

#[test]
fn what_is_no_program_at_all_fails_the_spawn() {
    let spawner = env!("CARGO_BIN_EXE_spawner");
    let (stdout, stderr) = run(Command::new(spawner).env("PULSAR_EXE", "/no/such/binary"));
    assert!(stdout.contains("No such file"), "{stdout}{stderr}");
}
