//! What signals to the master do, however they come and whatever it was started with.

use std::{
    io::Read,
    process::Stdio,
    time::{Duration, Instant},
};

use pulsar_tests::{Random, SOON, kills, proc, until_blocking};

use crate::victim::{A_SECOND, Victim};

#[test]
fn signals_that_are_no_end_end_nothing() {
    // HUP replaces what runs: that has tests of its own.
    let mut victim = Victim::ready("wait");
    let before = victim.running();
    for signal in [proc::Signal::USR1, proc::Signal::TTIN, proc::Signal::TTOU, proc::Signal::WINCH, proc::Signal::PIPE]
    {
        victim.signal(signal);
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(victim.running(), before, "{signal:?}");
    }
    victim.signal(proc::Signal::TERM);
    assert_eq!(victim.wait(SOON).0.code(), Some(0));
    victim.nothing_is_left(A_SECOND);
}

#[test]
fn the_first_signal_is_heard_at_once() {
    // Handlers are there before anything is spawned: whenever it comes, nothing is left.
    let mut random = Random::from_env();
    let rounds = kills(40);
    let (mut slowest, mut graceful) = (Duration::ZERO, 0);
    for _ in 0..rounds {
        let mut victim = Victim::start("spawn");
        std::thread::sleep(Duration::from_micros(random.below(60_000)));
        victim.signal(proc::Signal::TERM);
        let (status, took) = victim.wait(SOON);
        // Before `main` has begun nobody can hear it, and nothing is there to be left.
        use std::os::unix::process::ExitStatusExt;
        assert!(status.code() == Some(0) || status.signal() == Some(15), "{status:?}");
        graceful += u32::from(status.code() == Some(0));
        slowest = slowest.max(took);
        victim.nothing_is_left(A_SECOND);
    }
    println!("{rounds} times TERM at a random moment: {graceful} ended gracefully, the slowest after {slowest:?}");
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
}

#[test]
fn pools_grow_and_shrink_by_signals() {
    let mut random = Random::from_env();
    let mut victim = Victim::ready("pool");
    let mut workers = 3;
    for round in 0..kills(30) {
        // Each is seen before the next is sent: two that are pending at once have no order.
        let more = workers == 1 || random.below(2) == 0 && workers < 6;
        victim.signal(if more { proc::Signal::TTIN } else { proc::Signal::TTOU });
        workers = if more { workers + 1 } else { workers - 1 };
        // The master, and a process a worker.
        until_blocking(&format!("{workers} workers in round {round}"), SOON, || victim.running().len() == 1 + workers);
    }
    for _ in 0..workers {
        victim.signal(proc::Signal::TTOU);
        std::thread::sleep(Duration::from_millis(50));
    }
    until_blocking("the last is left", SOON, || victim.running().len() == 2);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(victim.running().len(), 2, "and stays");
    victim.signal(proc::Signal::TERM);
    assert_eq!(victim.wait(SOON).0.code(), Some(0));
    victim.nothing_is_left(A_SECOND);
}

#[test]
fn work_in_flight_is_finished() {
    let mut victim = Victim::start("load");
    victim.says("ready");
    let count = |victim: &Victim, what: &str| victim.log.lines().iter().filter(|line| line.starts_with(what)).count();
    until_blocking("it works", SOON, || count(&victim, "end") > 20);
    victim.signal(proc::Signal::TERM);
    let (status, took) = victim.wait(SOON);
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(6), "{took:?}");
    assert_eq!(count(&victim, "begin"), count(&victim, "end"), "what was begun was finished");
    victim.nothing_is_left(A_SECOND);
}

#[test]
fn the_deaf_are_killed_in_time_and_delay_nobody() {
    for mode in ["deaf", "still"] {
        let mut victim = Victim::ready(mode);
        let before: Vec<u32> = victim.left();
        if mode == "still" {
            let line = victim.log.lines().into_iter().find_map(|line| line.strip_prefix("pid ").map(String::from));
            let pid = line.and_then(|pid| pid.parse().ok()).expect("a number");
            proc::stand_still(pid);
        }
        let began = Instant::now();
        victim.signal(proc::Signal::TERM);
        until_blocking("all but one and the master are gone", SOON, || victim.left().len() <= 2);
        let others = began.elapsed();
        let (status, took) = victim.wait(SOON);
        assert_eq!(status.code(), Some(0), "{mode}");
        // Its `shutdown` is 2 s.
        println!("{mode}: {} processes; the others gone after {others:?}, all after {took:?}", before.len());
        assert!(others < Duration::from_millis(1500), "{mode}: {others:?}");
        assert!(took > Duration::from_millis(1400) && took < Duration::from_secs(8), "{mode}: {took:?}");
        victim.nothing_is_left(A_SECOND);
    }
}

#[test]
fn the_second_interrupt_kills_and_the_third_waits_for_nothing() {
    let mut victim = Victim::ready("stubborn");
    victim.signal(proc::Signal::TERM);
    victim.says("told to stop");
    victim.signal(proc::Signal::INT);
    let (status, took) = victim.wait(SOON);
    assert_eq!(status.code(), Some(130));
    assert!(took < Duration::from_secs(2), "{took:?}");
    victim.nothing_is_left(A_SECOND);

    let mut victim = Victim::ready("stubborn");
    victim.signal(proc::Signal::TERM);
    victim.says("told to stop");
    victim.signal(proc::Signal::INT);
    std::thread::sleep(Duration::from_millis(20));
    // It may be gone already.
    proc::signal(victim.child.id(), proc::Signal::QUIT);
    let (_, took) = victim.wait(SOON);
    assert!(took < Duration::from_secs(2), "{took:?}");
    victim.nothing_is_left(A_SECOND);
}

#[test]
fn a_master_started_with_signals_blocked_or_ignored_hears_them() {
    // `env` is of coreutils; without its options nothing can be shown.
    let able = std::process::Command::new("env").args(["--block-signal=TERM", "--ignore-signal=CHLD", "true"]).output();
    if !able.is_ok_and(|output| output.status.success()) {
        println!("skipped: this system's `env` blocks and ignores no signals");
        return;
    }
    for how in [
        "--block-signal=TERM,CHLD,INT",
        "--ignore-signal=CHLD",
        "--ignore-signal=TERM,INT",
        "--block-signal=TERM,CHLD,INT,CONT --ignore-signal=TERM,CHLD,INT",
    ] {
        for (signal, code) in [(proc::Signal::TERM, 0), (proc::Signal::INT, 130)] {
            // It spawns and ends children all the time: they are reaped, or it would not go on.
            let mut victim = Victim::start_through_shell("spawn", &format!(r#"exec env {how} "$0" "$@""#), |_| {});
            until_blocking("children come and go", SOON, || victim.log.lines().len() > 3);
            victim.signal(signal);
            let (status, took) = victim.wait(SOON);
            assert_eq!(status.code(), Some(code), "{how}");
            assert!(took < Duration::from_secs(5), "{how}: {took:?}");
            victim.nothing_is_left(A_SECOND);
        }
    }
}

#[test]
fn strangers_are_reaped_and_nobody_elses() {
    let mut victim = Victim::start("strangers");
    strangers(&victim);
    victim.signal(proc::Signal::TERM);
    assert_eq!(victim.wait(SOON).0.code(), Some(0));
    victim.nothing_is_left(A_SECOND);
}

#[test]
fn process_one_reaps_strangers_and_ends_gracefully() {
    let unshare = "unshare --user --map-root-user --pid --fork --mount-proc";
    let able = std::process::Command::new("sh").args(["-c", &format!("{unshare} true")]).output();
    if !able.is_ok_and(|output| output.status.success()) {
        println!("skipped: this user may not make a namespace of processes");
        return;
    }
    for (signal, code) in [(proc::Signal::TERM, 0), (proc::Signal::INT, 130)] {
        let mut victim = Victim::start_through_shell("strangers", &format!(r#"exec {unshare} "$0" "$@""#), |_| {});
        strangers(&victim);
        let one = proc::children(victim.child.id());
        assert_eq!(one.len(), 1, "{one:?}");
        assert!(proc::signal(one[0].0, signal));
        let (status, took) = victim.wait(SOON);
        assert_eq!(status.code(), Some(code), "{signal:?}");
        assert!(took < Duration::from_secs(5), "{took:?}");
        victim.nothing_is_left(A_SECOND);
    }
}

/// Waits until the thousand are gone, and looks at what was said of them.
fn strangers(victim: &Victim) {
    until_blocking("they are reaped", 3 * SOON, || victim.log.lines().iter().any(|line| line == "ready"));
    let lines = victim.log.lines();
    println!("{lines:?}");
    for wanted in ["made exit status: 0", "own exit status: 7", "actors 1 1"] {
        assert!(lines.iter().any(|line| line == wanted), "{wanted}: {lines:?}");
    }
}

#[test]
fn an_ignored_hangup_stays_ignored() {
    let mut victim = Victim::start_through_shell("wait", r#"trap "" HUP; exec "$0" "$@""#, |_| {});
    victim.says("ready");
    let status = std::fs::read_to_string(format!("/proc/{}/status", victim.child.id())).expect("it runs");
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).expect("a mask");
    let mask = u64::from_str_radix(ignored.trim(), 16).expect("a number");
    assert_eq!(mask & 1, 1, "HUP is ignored: {ignored}");
    victim.signal(proc::Signal::TERM);
    victim.wait(SOON);
}

#[test]
fn a_terminal_that_goes_away_ends_the_program() {
    if !proc::hears_hangups() {
        return;
    }
    // `script` is of util-linux: it gives a program a terminal, which goes with it.
    let able = std::process::Command::new("script").args(["-qec", "true", "/dev/null"]).output();
    if !able.is_ok_and(|output| output.status.success()) {
        println!("skipped: there is no `script` here");
        return;
    }
    let mut victim = Victim::start_through_shell("wait", r#"exec script -qec "$0 $*" /dev/null"#, |command| {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
    });
    let mut output = victim.child.stdout.take().expect("a pipe");
    std::thread::spawn(move || output.read_to_end(&mut Vec::new()));
    victim.says("ready");
    assert!(victim.left().len() > 3);
    victim.signal(proc::Signal::KILL);
    victim.wait(SOON);
    let began = Instant::now();
    until_blocking("all of it ends", SOON, || victim.left().is_empty());
    println!("its terminal gone, it ended within {:?}", began.elapsed());
}
