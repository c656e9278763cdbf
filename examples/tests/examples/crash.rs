//! `crash` shows each end with its reason, what the actor was at, and the restart.

use std::process::Command;

use crate::run::run;

#[test]
fn each_end_has_its_row() {
    let outcome = run(&mut Command::new(env!("CARGO_BIN_EXE_crash")));
    assert!(outcome.status.success(), "{outcome:?}");
    let expected = [
        ("segfault", "was killed by signal 11 (SIGSEGV)", "segfault"),
        ("abort", "was killed by signal 6 (SIGABRT)", "abort"),
        ("stack_overflow", "overflowed its stack", "stack_overflow"),
        ("out_of_memory", "ran out of memory", "out_of_memory"),
        ("exit 0", "exited with code 0", "exit"),
        ("exit 3", "exited with code 3", "exit"),
        ("panic", "panicked: as asked", "panic"),
        ("infinite_loop", "hung: no notify within its timeout", "infinite_loop"),
    ];
    let rows: Vec<&str> = outcome.stdout.lines().skip(1).collect();
    assert_eq!(rows.len(), expected.len(), "{outcome:?}");
    for (at, (row, (command, end, last))) in rows.iter().zip(expected).enumerate() {
        assert!(row.starts_with(command), "{row}");
        assert!(row.contains(end), "{row}");
        assert!(row.contains(&format!("{last}, unfinished")), "{row}");
        assert!(row.ends_with(&format!("incarnation {}", at + 2)), "{row}");
    }
    // Each has a report on standard error, behind what the actor itself had to say.
    assert_eq!(outcome.stderr.matches(", unfinished").count(), expected.len(), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("mortal | "), "{}", outcome.stderr);
}

#[test]
fn one_can_be_asked_for() {
    let outcome = run(Command::new(env!("CARGO_BIN_EXE_crash")).arg("exit 3"));
    assert!(outcome.status.success(), "{outcome:?}");
    assert_eq!(outcome.stdout.lines().count(), 2, "{outcome:?}");
    let outcome = run(Command::new(env!("CARGO_BIN_EXE_crash")).arg("dance"));
    assert_eq!(outcome.status.code(), Some(1));
    assert!(outcome.stderr.contains("no such command: dance"), "{outcome:?}");
}
