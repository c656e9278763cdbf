//! `setup = path`: called once in the master and once in each process actor, before anything else of the program.

use std::{
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use pulsar::prelude::*;
use pulsar_tests::Log;

/// What the program printed on standard output, and on standard error, line by line.
fn telemetry(command: &mut Command) -> (Vec<String>, Vec<String>) {
    let output = command.output().expect("the program runs");
    let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().map(Into::into).collect();
    (lines(&output.stdout), lines(&output.stderr))
}

#[test]
fn an_event_of_a_process_actor_reaches_the_subscriber_that_a_setup_has_set() {
    let (stdout, stderr) = telemetry(&mut Command::new(env!("CARGO_BIN_EXE_telemetry")));
    let [master, child] = stdout.as_slice() else { panic!("{stdout:?} {stderr:?}") };
    assert_ne!(master, child);
    let of = |process: &str| {
        // What a process actor writes comes with its name before it.
        let of = stderr.iter().filter_map(|line| line.split_once(&format!("{process}: ")).map(|(_, said)| said));
        of.map(str::to_owned).collect::<Vec<String>>()
    };
    assert_eq!(of(master), ["set up", "main runs"]);
    assert_eq!(of(child), ["set up", "it starts", "it was asked"]);
}

#[test]
fn a_setup_that_panics_in_a_process_actor_fails_its_spawn() {
    let log = Log::new();
    let (stdout, stderr) =
        telemetry(Command::new(env!("CARGO_BIN_EXE_telemetry")).env("SETUP_PANICS_WHILE", log.path()));
    let [_, failed] = stdout.as_slice() else { panic!("{stdout:?} {stderr:?}") };
    assert!(failed.contains("101"), "{failed}");
    assert!(stderr.iter().any(|line| line.contains("no subscriber today")), "{stderr:?}");
    assert!(stderr.iter().any(|line| line.contains("its setup panicked")), "{stderr:?}");
}

static CALLS: AtomicU32 = AtomicU32::new(0);

fn count() {
    CALLS.fetch_add(1, Ordering::Relaxed);
}

#[actor]
struct Counted {}

#[actor]
impl Counted {
    /// How often its process was set up.
    #[command]
    fn calls(&self) -> u32 {
        CALLS.load(Ordering::Relaxed)
    }
}

#[pulsar::test(setup = count)]
async fn a_test_and_its_actors_are_set_up_once() -> Result<()> {
    assert_eq!(CALLS.load(Ordering::Relaxed), 1);
    for kind in [Kind::Process, Kind::Thread, Kind::Task] {
        let counted = Counted::new().on(kind).spawn().await?;
        assert_eq!(counted.calls().await?, 1, "{kind}");
    }
    Ok(())
}

#[pulsar::test]
async fn without_the_key_nothing_is_called() -> Result<()> {
    let counted = Counted::new().spawn().await?;
    assert_eq!(counted.calls().await?, 0);
    Ok(())
}
