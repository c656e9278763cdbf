//! Loops that wait awake for what comes: whatever the switch says, everything works, and who has nothing to do computes nothing.

use std::process::Command;

/// What the program says: on its standard output, and on its standard error.
fn awake(mode: &str, setting: &str) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_awake"));
    let output = command.arg(mode).env("PULSAR_SPIN", setting).output().expect("the program runs");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{mode}, {setting}: {stdout}");
    assert!(output.status.success() && stdout.contains("well"), "{mode}, {setting}: {stdout}\n{stderr}");
    (stdout.into_owned(), stderr.into_owned())
}

#[test]
fn every_pair_of_places_asks_and_answers() {
    for setting in ["off", "on", "10000"] {
        awake("asks", setting);
    }
}

#[test]
fn timers_and_tasks_have_their_turn() {
    for setting in ["off", "on", "10000"] {
        awake("turns", setting);
    }
}

#[test]
fn one_core_is_enough_for_all() {
    let pinned = std::thread::spawn(|| {
        let here = rustix::thread::sched_getaffinity(None).expect("its cores");
        let mut one = rustix::thread::CpuSet::new();
        one.set((0..1024).find(|core| here.is_set(*core)).expect("one"));
        // What is started here has no other.
        rustix::thread::sched_setaffinity(None, &one).expect("pinned");
        for setting in ["on", "10000"] {
            awake("asks", setting);
            awake("turns", setting);
        }
    });
    pinned.join().expect("it ends");
}

#[test]
fn who_has_nothing_to_do_computes_nothing() {
    for setting in ["off", "on"] {
        awake("idle", setting);
    }
}

#[test]
fn a_setting_that_is_none_is_said_and_means_off() {
    let (_, said) = awake("asks", "often");
    assert!(said.contains("PULSAR_SPIN=often: say `on`, `off`, or a number of microseconds"), "{said}");
    assert_eq!(said.matches("PULSAR_SPIN").count(), 1, "{said}");
}
