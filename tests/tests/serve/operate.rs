//! What operators do: look at it, scale it, put it into the background, run it as somebody else, listen elsewhere.

use std::process::Command;

use pulsar_tests::proc::{self, Signal};
use pulsar_tests::served::{Served, get};
use pulsar_tests::{SOON, until_blocking};

use super::{http, servant};

#[test]
fn workers_of_each_kind() {
    for (args, own) in [(&["-w2"][..], 2), (&["-w2", "--concurrency", "thread"], 0), (&["-w0"], 0)] {
        let (served, address) = http(args);
        assert_eq!(get(&address, "/").unwrap().body, "hello\n", "{args:?}");
        let name = get(&address, "/name").unwrap().body;
        assert!(name.starts_with("servant.workers."), "{args:?}: {name}");
        assert_eq!(served.workers("servant").len(), own, "{args:?}");
        let pid = get(&address, "/pid").unwrap().body;
        assert_eq!(pid == served.pid().to_string(), own == 0, "{args:?}");
        assert!(served.stop().0.success(), "{args:?}");
    }
}

#[test]
fn pools_scale_by_signals() {
    let (served, address) = http(&["-w1"]);
    for (signal, workers) in [(Signal::TTIN, 2), (Signal::TTIN, 3), (Signal::TTOU, 2), (Signal::TTOU, 1)] {
        served.signal(signal);
        until_blocking(&format!("{workers} workers"), SOON, || served.workers("servant").len() == workers);
    }
    assert_eq!(get(&address, "/").unwrap().status, 200);
}

#[test]
fn a_daemon_says_when_it_is_ready_and_leaves_no_pid_file() {
    let dir = tempfile::tempdir().unwrap();
    let (pid_file, log) = (dir.path().join("servant.pid"), dir.path().join("servant.log"));
    let flags = ["-D", "-b", "127.0.0.1:0", "-p", pid_file.to_str().unwrap(), "--log-file", log.to_str().unwrap()];
    let mut first = Served::start(&mut servant(&flags));
    let (status, said) = first.wait();
    assert!(status.success(), "{status:?} {said}");
    let pid: u32 = std::fs::read_to_string(&pid_file).unwrap().trim().parse().unwrap();
    assert!(proc::runs(pid) && proc::parent(pid) != Some(std::process::id()));
    let line = std::fs::read_to_string(&log).unwrap();
    let address = line.split("http://").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap().to_string();
    assert_eq!(get(&address, "/").unwrap().body, "hello\n");
    // A second one sees the first.
    let mut second = Served::start(&mut servant(&flags));
    let (status, said) = second.wait();
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(said.contains(&format!("process {pid} runs")), "{said}");
    assert!(proc::signal(pid, Signal::TERM));
    until_blocking("it ends", SOON, || !proc::runs(pid));
    until_blocking("its pid file goes", SOON, || !pid_file.exists());
}

#[test]
fn a_daemon_that_cannot_start_says_why() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = taken.local_addr().unwrap().to_string();
    let dir = tempfile::tempdir().unwrap();
    let pid_file = dir.path().join("servant.pid");
    let mut served = Served::start(&mut servant(&["-D", "-b", &place, "-p", pid_file.to_str().unwrap()]));
    let (status, said) = served.wait();
    assert_eq!(status.code(), Some(3), "{said}");
    assert!(said.contains(&format!("cannot listen at {place}: somebody else listens there already")), "{said}");
    assert!(!pid_file.exists());
}

#[test]
fn workers_run_as_somebody_else() {
    if rustix::process::geteuid().as_raw() != 0 {
        println!("skipped: only root may become somebody else");
        return;
    }
    let (served, address) = http(&["-w1", "-u", "nobody"]);
    let expected = String::from_utf8(Command::new("id").arg("-u").arg("nobody").output().unwrap().stdout).unwrap();
    assert_eq!(get(&address, "/user").unwrap().body.split(':').next(), Some(expected.trim()));
    let worker = served.workers("servant")[0];
    // Whoever dies, it does not stay behind.
    served.signal(Signal::KILL);
    until_blocking("the worker goes with its master", SOON, || !proc::runs(worker));
    drop(served);
    let mut wrong = Served::start(&mut servant(&["-u", "nobody-of-this-name"]));
    let (status, said) = wrong.wait();
    assert_eq!(status.code(), Some(3), "{said}");
    assert!(said.contains("there is no user `nobody-of-this-name`"), "{said}");
}

#[test]
fn applications_come_and_go_in_a_program_that_runs() {
    let mut served = Served::start(servant(&[]).env("SERVANT", "added"));
    let (status, said) = served.wait();
    assert!(status.success(), "{said}");
    assert!(said.contains("twice: something is called `first` already"), "{said}");
    for line in ["workers: 2", "second: false", "first: true", "done"] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

#[test]
fn its_children_are_there_before_and_after_it() {
    let served = Served::start(servant(&["-w2"]).env("SERVANT", "children"));
    let address = served.ready("http://");
    assert_eq!(get(&address, "/count?by=2").unwrap().body, "2");
    assert_eq!(get(&address, "/count?by=3").unwrap().body, "5");
    assert!(served.stop().0.success());
}

/// It has given its terminal up on purpose: a HUP reloads it.
#[test]
fn a_daemon_that_was_started_from_a_terminal_hears_hup() {
    if !proc::hears_hangups() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (pid_file, log) = (dir.path().join("servant.pid"), dir.path().join("servant.log"));
    let program = env!("CARGO_BIN_EXE_servant");
    let line = format!("{program} -D -b 127.0.0.1:0 -p {} --log-file {}", pid_file.display(), log.display());
    let Ok(output) = Command::new("script").args(["-qec", &line, "/dev/null"]).output() else {
        println!("skipped: there is no `script` here to make a terminal");
        return;
    };
    assert!(output.status.success(), "{output:?}");
    let pid: u32 = std::fs::read_to_string(&pid_file).unwrap().trim().parse().unwrap();
    assert!(proc::signal(pid, Signal::HUP));
    let said = || std::fs::read_to_string(&log).unwrap_or_default();
    until_blocking("it is reloaded", SOON, || said().contains("was replaced by"));
    assert!(proc::runs(pid) && !said().contains("Disconnected"), "{}", said());
    assert!(proc::signal(pid, Signal::TERM));
    until_blocking("it ends", SOON, || !proc::runs(pid));
}

#[test]
fn a_worker_that_cannot_be_somebody_else_is_refused() {
    for args in [&["-w0", "-u", "nobody"][..], &["--concurrency", "thread", "-g", "nogroup"]] {
        let (status, said) = Served::start(&mut servant(args)).wait();
        assert_eq!(status.code(), Some(2), "{said}");
        assert!(said.contains("the settings `user` and `group` are of worker processes"), "{said}");
    }
}
