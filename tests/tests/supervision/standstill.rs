//! A program that stands still for a while, as by Ctrl-Z or on a machine that sleeps, kills nobody when it goes on.

use std::time::Duration;

use pulsar_tests::{SOON, proc, until_blocking};

use crate::victim::{A_SECOND, Victim};

/// Longer than every heartbeat of the victim and than the silence that it allows (a second).
const STANDSTILL: Duration = Duration::from_secs(4);

/// Which lives its actors are in, as it says ten times a second.
fn says_its_lives(victim: &Victim) -> String {
    let from = victim.log.lines().len();
    let mut last = String::new();
    // Several, so that whoever was to be killed would be.
    until_blocking("it says which lives these are", SOON, || {
        let lines = victim.log.lines();
        last = lines.last().cloned().unwrap_or_default();
        lines.len() > from + 15
    });
    last
}

fn nobody_was_killed(mut victim: Victim, before: &[u32]) {
    assert_eq!(says_its_lives(&victim), "lives [1, 1, 1, 1]");
    assert_eq!(victim.running(), before, "the same processes");
    victim.signal(proc::Signal::TERM);
    assert_eq!(victim.wait(SOON).0.code(), Some(0));
    victim.nothing_is_left(A_SECOND);
}

#[test]
fn a_master_that_stood_still_kills_nobody() {
    let victim = Victim::ready("beat");
    let before = victim.running();
    assert_eq!(before.len(), 3, "{before:?}");
    // What a terminal does at Ctrl-Z: the actors are in groups of their own, and go on.
    victim.signal(proc::Signal::TSTP);
    until_blocking("it stands still", SOON, || proc::state(victim.child.id()) == Some('T'));
    std::thread::sleep(STANDSTILL);
    victim.signal(proc::Signal::CONT);
    nobody_was_killed(victim, &before);
}

#[test]
fn a_program_that_stood_still_as_a_whole_kills_nobody() {
    // Whoever goes on first.
    for master_first in [true, false] {
        let victim = Victim::ready("beat");
        let before = victim.running();
        assert_eq!(before.len(), 3, "{before:?}");
        let all = |signal, last_to_first: bool| {
            let mut pids = victim.running();
            pids.sort_unstable();
            if last_to_first {
                pids.reverse();
            }
            for pid in pids {
                assert!(proc::signal(pid, signal));
                std::thread::sleep(Duration::from_millis(20));
            }
        };
        all(proc::Signal::STOP, master_first);
        std::thread::sleep(STANDSTILL);
        all(proc::Signal::CONT, !master_first);
        nobody_was_killed(victim, &before);
    }
}
