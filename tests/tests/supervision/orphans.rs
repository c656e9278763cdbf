//! Nothing outlives the master, whatever the actors have started; and what a child inherits of it.

use std::{
    fs,
    time::{Duration, Instant},
};

use pulsar_tests::{Random, SOON, proc, until_blocking};

use crate::victim::{A_SECOND, Victim};

/// How often the master is killed; `PULSAR_KILLS` says otherwise.
fn rounds() -> u64 {
    std::env::var("PULSAR_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(30)
}

#[test]
fn what_actors_have_started_ends_with_the_master() {
    let mut random = Random::from_env();
    let (mut slowest, mut most) = (Duration::ZERO, 0);
    for round in 0..rounds() {
        // Half of them at any moment, half when all is there.
        let mut victim = Victim::start("family");
        if round % 2 == 0 {
            victim.says("ready");
            // What is stopped before it has asked the kernel to end it with its master stands still for ever.
            if std::env::var_os("PULSAR_FORK_SERVER").is_none_or(|is| is != "off") {
                let ready = |pid| proc::threads(pid) == 2;
                until_blocking("one stands by", SOON, || proc::standby(victim.child.id()).is_some_and(ready));
                std::thread::sleep(Duration::from_millis(5));
            }
            // Children and grandchildren stand still, some of them.
            for pid in victim.left().into_iter().filter(|pid| *pid != victim.child.id()) {
                if random.below(3) == 0 {
                    proc::signal(pid, proc::Signal::STOP);
                }
            }
        } else {
            std::thread::sleep(Duration::from_micros(random.below(150_000)));
        }
        most = most.max(victim.left().len());
        victim.signal(proc::Signal::KILL);
        victim.wait(SOON);
        let began = Instant::now();
        victim.nothing_is_left(A_SECOND);
        slowest = slowest.max(began.elapsed());
    }
    println!("{} masters killed, of up to {most} processes; the last was gone after {slowest:?}", rounds());
}

#[test]
fn what_an_actor_has_started_ends_with_it() {
    let mut victim = Victim::ready("family");
    let before = victim.left().len();
    victim.signal(proc::Signal::TERM);
    let (status, _) = victim.wait(SOON);
    assert_eq!(status.code(), Some(0));
    victim.nothing_is_left(A_SECOND);
    assert!(before >= 9, "{before}");
}

#[test]
fn a_child_has_no_descriptors_but_its_own() {
    let victim =
        Victim::start_through_shell("wait", "exec 7</dev/null 8>/dev/null 9</etc/passwd; exec \"$0\" \"$@\"", |_| {});
    victim.says("ready");
    let children = actors(&victim);
    assert!(children.len() >= 2, "{children:?}");
    for pid in children {
        for entry in fs::read_dir(format!("/proc/{pid}/fd")).expect("its descriptors").flatten() {
            let fd: u32 = entry.file_name().to_str().and_then(|name| name.parse().ok()).expect("a number");
            let target = fs::read_link(entry.path()).map(|path| path.display().to_string()).unwrap_or_default();
            let known = match fd {
                0 => target == "/dev/null",
                1 | 2 => target.starts_with("pipe:"),
                _ => target.starts_with("socket:") || target.starts_with("anon_inode:"),
            };
            assert!(known, "{fd} of {pid} is {target}");
        }
    }
}

#[test]
fn whatever_was_done_to_its_signals_the_master_reaps_and_stops() {
    let ways = [
        "exec env --block-signal=TERM,CHLD,INT,CONT,HUP,USR1 \"$0\" \"$@\"",
        "exec env --ignore-signal=TERM,CHLD,INT,HUP,USR2 \"$0\" \"$@\"",
    ];
    for way in ways {
        let mut victim = Victim::start_through_shell("family", way, |_| {});
        victim.says("ready");
        let children = actors(&victim);
        for pid in &children {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("its status");
            let set = |key: &str| {
                let line = status.lines().find_map(|line| line.strip_prefix(key)).expect("a set of signals");
                u64::from_str_radix(line.trim(), 16).expect("a number")
            };
            assert_eq!(set("SigBlk:"), 0, "{way}");
            // A program in Rust ignores PIPE, by itself; 32 and 33 are the C library's own, which nobody else can set.
            assert_eq!(set("SigIgn:") & !(1 << 12 | 1 << 31 | 1 << 32), 0, "{way}");
        }
        // It hears of the death of a child, and that leaves no zombie.
        assert!(proc::signal(children[0], proc::Signal::KILL));
        until_blocking("it is replaced", SOON, || {
            let now = actors(&victim);
            now.len() == children.len() && !now.contains(&children[0])
        });
        until_blocking("it is reaped", SOON, || proc::state(children[0]).is_none());
        victim.signal(proc::Signal::TERM);
        assert_eq!(victim.wait(SOON).0.code(), Some(0), "{way}");
        victim.nothing_is_left(A_SECOND);
    }
}

/// The processes of actors.
fn actors(victim: &Victim) -> Vec<u32> {
    let all = victim.running().into_iter();
    all.filter(|pid| proc::parent(*pid) == Some(victim.child.id()) && proc::title(*pid).starts_with("pulsar: "))
        .collect()
}
