//! The end of a program: by itself, by signals, and by the death of its master, however that comes.

use std::time::{Duration, Instant};

use pulsar_tests::{Random, SOON, kills, proc, until_blocking};

use crate::victim::{A_SECOND, Victim};

#[test]
fn the_end_of_main_ends_everything() {
    let mut victim = Victim::start("end");
    let (status, _) = victim.wait(SOON);
    assert_eq!(status.code(), Some(0));
    victim.nothing_is_left(A_SECOND);
    assert_eq!(victim.log.lines(), ["ready"]);
}

#[test]
fn the_exit_code_says_how_main_ended() {
    for (mode, code) in [("fail", 1), ("unstarted", 3), ("coded", 69), ("panic", 101), ("shutdown", 7)] {
        let mut victim = Victim::start(mode);
        let (status, _) = victim.wait(SOON);
        assert_eq!(status.code(), Some(code), "{mode}");
        victim.nothing_is_left(A_SECOND);
    }
}

#[test]
fn signals_end_everything() {
    for (signal, code) in [(proc::Signal::TERM, 0), (proc::Signal::INT, 130), (proc::Signal::QUIT, 131)] {
        let mut victim = Victim::ready("wait");
        assert!(victim.left().len() >= 3, "{:?}", victim.left());
        victim.signal(signal);
        let (status, took) = victim.wait(SOON);
        assert_eq!(status.code(), Some(code), "{signal:?}");
        assert!(took < Duration::from_secs(5), "{signal:?}: {took:?}");
        victim.nothing_is_left(A_SECOND);
    }
}

#[test]
fn the_stubborn_are_ended_within_their_shutdown() {
    let mut victim = Victim::ready("stubborn");
    victim.signal(proc::Signal::TERM);
    let (status, took) = victim.wait(SOON);
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(10), "{took:?}");
    victim.nothing_is_left(A_SECOND);
    assert!(victim.log.lines().iter().any(|line| line == "told to stop"), "{:?}", victim.log.lines());
}

#[test]
fn a_second_signal_forces() {
    for second in [proc::Signal::TERM, proc::Signal::INT] {
        let mut victim = Victim::ready("stubborn");
        victim.signal(proc::Signal::TERM);
        until_blocking("they are told", SOON, || victim.log.lines().iter().any(|line| line == "told to stop"));
        victim.signal(second);
        let (_, took) = victim.wait(SOON);
        assert!(took < Duration::from_secs(4), "{took:?}");
        victim.nothing_is_left(A_SECOND);
    }
}

#[test]
fn a_main_that_blocks_stops_nothing() {
    let mut victim = Victim::ready("block");
    victim.signal(proc::Signal::TERM);
    let (status, took) = victim.wait(SOON);
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(15), "{took:?}");
    victim.nothing_is_left(A_SECOND);
}

#[test]
fn nobody_survives_the_master() {
    for signal in [proc::Signal::KILL, proc::Signal::ABORT, proc::Signal::USR2] {
        let mut victim = Victim::ready("wait");
        victim.signal(signal);
        victim.wait(SOON);
        victim.nothing_is_left(A_SECOND);
    }
}

#[test]
fn nobody_survives_a_master_that_stood_still() {
    let mut victim = Victim::ready("wait");
    victim.signal(proc::Signal::STOP);
    victim.signal(proc::Signal::KILL);
    victim.wait(SOON);
    victim.nothing_is_left(A_SECOND);
    // Nor do children that stand still.
    let mut victim = Victim::ready("wait");
    for pid in victim.left() {
        proc::signal(pid, proc::Signal::STOP);
    }
    victim.signal(proc::Signal::KILL);
    victim.wait(SOON);
    victim.nothing_is_left(A_SECOND);
}

#[test]
fn deaths_of_the_master_at_random_moments() {
    let mut random = Random::from_env();
    let mut slowest = Duration::ZERO;
    let rounds = kills(50);
    for _ in 0..rounds {
        let mut victim = Victim::start("spawn");
        std::thread::sleep(Duration::from_micros(random.below(150_000)));
        victim.signal(proc::Signal::KILL);
        victim.wait(SOON);
        let began = Instant::now();
        victim.nothing_is_left(A_SECOND);
        slowest = slowest.max(began.elapsed());
    }
    println!("{rounds} masters killed; the last of their children was gone after {slowest:?}");
}

#[test]
fn work_that_nobody_waits_for_holds_nothing_up() {
    let mut victim = Victim::ready("compute");
    let (status, took) = victim.wait(SOON);
    assert_eq!(status.code(), Some(0));
    assert!(took < SOON, "{took:?}");
    victim.nothing_is_left(A_SECOND);
}

#[test]
fn times_without_end_hold_nothing_up() {
    let mut victim = Victim::ready("endless");
    let (status, _) = victim.wait(SOON);
    assert_eq!(status.code(), Some(0));
    victim.nothing_is_left(A_SECOND);
}

#[test]
fn a_signal_hurries_an_end_that_is_under_way() {
    for (signal, code) in [(proc::Signal::INT, 130), (proc::Signal::QUIT, 131)] {
        let mut victim = Victim::ready("linger");
        until_blocking("it is told", SOON, || victim.log.lines().iter().any(|line| line == "told to stop"));
        victim.signal(signal);
        // A second is what a fast end may take; its `shutdown` is 45 s.
        let (status, took) = victim.wait(SOON);
        assert_eq!(status.code(), Some(code), "{signal:?} after {took:?}");
        victim.nothing_is_left(A_SECOND);
    }
}
