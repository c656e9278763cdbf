//! Children that are not what they should be: recorded, replaced by another build, or malicious.

use std::{path::Path, process::Command};

use pulsar::message::{Limits, Subject, envelopes};
use pulsar_tests::Log;

/// Runs the program with children that behave as `mode` says; its lines.
fn run(mode: &str, log: &Log) -> Vec<String> {
    run_with(mode, log, |_| {})
}

/// The same, with something changed in how.
fn run_with(mode: &str, log: &Log, change: impl FnOnce(&mut Command)) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hostile"));
    change(&mut command);
    let output = command
        // Its `main` decides before `init` what a child does, which a fork server would do once for all.
        .env("PULSAR_FORK_SERVER", "off")
        .env("HOSTILE_MODE", mode)
        .env("HOSTILE_WHILE", format!("{}.on", log.path()))
        .env("HOSTILE_RECORD", log.path())
        .env("HOSTILE_BINARY", env!("CARGO_BIN_EXE_victim"))
        .output()
        .expect("the program runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{mode}: {text}\n{}", String::from_utf8_lossy(&output.stderr));
    text.lines().map(Into::into).collect()
}

/// Checks that the bytes of one direction are unmasked binary frames of whole envelopes; their subjects.
#[track_caller]
fn subjects(record: &str) -> Vec<Subject> {
    let bytes = std::fs::read(Path::new(record)).expect("the record");
    let mut rest = &bytes[..];
    let mut subjects = Vec::new();
    while !rest.is_empty() {
        assert_eq!(rest[0], 0x82, "one whole binary frame");
        assert_eq!(rest[1] & 0x80, 0, "the MASK bit is 0");
        let (len, at) = match rest[1] {
            126 => (u64::from(u16::from_be_bytes([rest[2], rest[3]])), 4),
            127 => (u64::from_be_bytes(rest[2..10].try_into().expect("eight bytes")), 10),
            len => (u64::from(len), 2),
        };
        let end = at + usize::try_from(len).expect("a length");
        let payload = bytes::Bytes::copy_from_slice(&rest[at..end]);
        for read in envelopes(payload, &Limits::default()).expect("a batch") {
            subjects.push(read.expect("an envelope").0.subject);
        }
        rest = &rest[end..];
    }
    subjects
}

#[test]
fn what_goes_over_a_connection_is_unmasked_binary_frames() {
    let log = Log::new();
    assert_eq!(run("record", &log), ["spawned", "well"]);
    let down = subjects(&format!("{}.down", log.path()));
    let up = subjects(&format!("{}.up", log.path()));
    assert_eq!(down[0], Subject::Node, "who the child is to be comes first");
    assert!(down.iter().filter(|subject| **subject == Subject::Ask).count() >= 20, "{down:?}");
    assert!(up.iter().filter(|subject| **subject == Subject::Reply).count() >= 20, "{up:?}");
    println!("{} envelopes down, {} up", down.len(), up.len());
}

#[test]
fn a_child_of_another_build_is_refused() {
    let log = Log::new();
    let lines = run("other-build", &log);
    assert!(lines[0].contains("another build") || lines[0].contains("different declarations"), "{lines:?}");
    assert_eq!(lines[1..], ["well"]);
}

#[test]
fn a_malformed_frame_ends_that_child_alone() {
    for mode in [
        "garbage",
        "text",
        "wrong-version",
        "empty",
        "huge-length",
        "huge-envelope",
        "trailing",
        "node-garbage",
        "control-garbage",
        "stray-chunk",
    ] {
        let lines = run(mode, &Log::new());
        println!("{mode}: {lines:?}");
        assert!(lines[0].contains("broke the protocol"), "{mode}: {lines:?}");
        assert_eq!(lines[1..], ["well"], "{mode}");
    }
}

#[test]
fn a_slow_subscriber_is_never_waited_for_by_the_arbiter() {
    for mode in ["garbage", "node-garbage", "other-build", "tells"] {
        let log = Log::new();
        let heard = format!("{}.slow", log.path());
        let lines = run_with(mode, &log, |command| {
            command.env("HOSTILE_SUBSCRIBER", &heard);
        });
        assert_eq!(lines[1..], ["well"], "{mode}");
        assert_eq!(std::fs::read_to_string(&heard).unwrap_or_default(), "", "{mode}");
        assert!(std::fs::exists(format!("{heard}.heard")).expect("it can be looked for"), "{mode}: it heard nothing");
    }
}

#[test]
fn more_than_a_window_allows_ends_that_child_alone() {
    for (mode, text) in [("tells", "window"), ("same-number", "number of another")] {
        let lines = run(mode, &Log::new());
        assert!(lines[0].contains("broke the protocol") && lines[0].contains(text), "{mode}: {lines:?}");
        assert_eq!(lines[1..], ["well"], "{mode}");
    }
}

#[test]
fn descriptors_that_nobody_wants_are_closed() {
    for mode in ["descriptors", "many-descriptors"] {
        let lines = run(mode, &Log::new());
        assert_ne!(lines[0], "spawned", "{mode}");
        assert_eq!(lines[1..], ["well"], "{mode}");
    }
}

#[test]
fn a_child_that_reads_no_answers_ends_alone() {
    let lines = run("unread", &Log::new());
    assert_ne!(lines[0], "spawned");
    assert_eq!(lines[1..], ["well"]);
}

#[test]
fn mutated_frames_end_that_child_at_most() {
    for round in 0..20 {
        let lines = run("random", &Log::new());
        // What the child printed may come last: it passes through the arbiter.
        assert!(lines.iter().any(|line| line == "well"), "{round}: {lines:?}");
    }
}

#[test]
fn whoever_is_no_child_of_a_master_is_refused() {
    // The marker alone makes no child: its standard input has to be the socket.
    let output = Command::new(env!("CARGO_BIN_EXE_victim"))
        .env("PULSAR_CHILD", format!("{}:1", std::process::id()))
        .stdin(std::process::Stdio::null())
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(70));
    // Nor is one whose parent is another.
    let (_near, far) = std::os::unix::net::UnixStream::pair().expect("a pair");
    let output = Command::new(env!("CARGO_BIN_EXE_victim"))
        .env("PULSAR_CHILD", "1:1")
        .stdin(std::process::Stdio::from(std::os::fd::OwnedFd::from(far)))
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(70), "{}", String::from_utf8_lossy(&output.stderr));
}
