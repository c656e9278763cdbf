//! What a service manager hears of a program, and what it hands to it.

use std::{
    net::TcpListener,
    os::{
        fd::AsRawFd,
        linux::net::SocketAddrExt,
        unix::{
            net::{SocketAddr, UnixDatagram},
            process::CommandExt,
        },
    },
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use pulsar_tests::{Log, SOON, proc, until_blocking};
use rustix::io::{FdFlags, fcntl_setfd};

use crate::victim::{A_SECOND, Victim};

/// The other end of `NOTIFY_SOCKET`.
struct Manager {
    socket: UnixDatagram,
    heard: Vec<(Instant, String)>,
}

impl Manager {
    fn at(address: &SocketAddr) -> Self {
        let socket = UnixDatagram::bind_addr(address).expect("it can be bound");
        socket.set_read_timeout(Some(Duration::from_millis(20))).expect("it can be set");
        Self { socket, heard: Vec::new() }
    }

    /// Everything said for a while.
    fn listen(&mut self, long: Duration) {
        let until = Instant::now() + long;
        let mut buffer = [0; 4096];
        while Instant::now() < until {
            if let Ok(length) = self.socket.recv(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
                self.heard.push((Instant::now(), text));
            }
        }
    }

    /// Listens until this was said, in a message heard after the first `from`; returns that message.
    #[track_caller]
    fn hears(&mut self, from: usize, what: &str) -> String {
        let began = Instant::now();
        loop {
            let said = |text: &str| text.lines().any(|line| line.starts_with(what));
            if let Some((_, text)) = self.heard.iter().skip(from).find(|(_, text)| said(text)) {
                return text.clone();
            }
            assert!(began.elapsed() < SOON, "{what} is never said: {:?}", self.heard);
            self.listen(Duration::from_millis(20));
        }
    }

    fn count(&self, what: &str) -> usize {
        self.heard.iter().filter(|(_, text)| text.lines().any(|line| line.starts_with(what))).count()
    }
}

fn temporary() -> (tempfile::TempDir, SocketAddr, String) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("notify");
    let address = SocketAddr::from_pathname(&path).expect("a path");
    let text = path.to_str().expect("a path of text").to_string();
    (directory, address, text)
}

#[test]
fn the_service_manager_hears_of_begin_and_end() {
    if !proc::hears_hangups() {
        return;
    }
    let (_directory, address, path) = temporary();
    let mut manager = Manager::at(&address);
    let mut victim = Victim::start_with("serve", |command| {
        command.env("NOTIFY_SOCKET", &path);
    });
    victim.says("start 1");
    manager.listen(Duration::from_millis(300));
    assert_eq!(manager.count("READY="), 0, "no actor is ready: {:?}", manager.heard);
    let ready = manager.hears(0, "READY=1");
    assert!(victim.log.lines().iter().any(|line| line == "started 1"), "{ready}");
    victim.says("ready");
    for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] {
        victim.says(&format!("{name} None"));
    }
    manager.hears(0, "STATUS=2 actors");
    let from = manager.heard.len();
    victim.signal(proc::Signal::HUP);
    let reloading = manager.hears(from, "RELOADING=1");
    assert!(reloading.contains("\nMONOTONIC_USEC="), "{reloading}");
    manager.hears(from, "READY=1");
    victim.signal(proc::Signal::TERM);
    let stopping = manager.hears(0, "STOPPING=1");
    assert!(stopping.contains("\nEXTEND_TIMEOUT_USEC=11000000\n"), "{stopping}");
    assert!(stopping.contains("\nSTATUS=stopping: 2 actors"), "{stopping}");
    assert_eq!(victim.wait(SOON).0.code(), Some(0));
    manager.listen(Duration::from_millis(100));
    assert_eq!((manager.count("READY="), manager.count("STOPPING="), manager.count("WATCHDOG=")), (2, 1, 0));
    victim.nothing_is_left(A_SECOND);
}

#[test]
fn a_program_says_itself_when_it_is_ready() {
    let name = format!("pulsar-test-{}-says", std::process::id());
    let mut manager = Manager::at(&SocketAddr::from_abstract_name(&name).expect("a name"));
    let victim = Victim::start_with("task", |command| {
        command.env("NOTIFY_SOCKET", format!("@{name}"));
    });
    manager.hears(0, "READY=1");
    assert!(victim.log.lines().iter().any(|line| line == "saying"));
}

#[test]
fn the_watchdog_falls_silent_when_the_loop_stands_still() {
    let (_directory, address, path) = temporary();
    let mut manager = Manager::at(&address);
    // `exec`, so that the number is the program's own.
    let victim = Victim::start_through_shell("serve", r#"WATCHDOG_PID=$$ exec "$0" "$@""#, |command| {
        command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "400000");
    });
    manager.hears(0, "READY=1");
    let before = manager.count("WATCHDOG=1");
    manager.listen(Duration::from_secs(2));
    let beats = manager.count("WATCHDOG=1") - before;
    assert!((5..=14).contains(&beats), "{beats} in 2 s at 200 ms each");

    victim.signal(proc::Signal::STOP);
    until_blocking("it stands still", SOON, || proc::state(victim.child.id()) == Some('T'));
    manager.listen(Duration::from_millis(300));
    let from = manager.heard.len();
    manager.listen(Duration::from_secs(1));
    assert_eq!(manager.heard.len(), from, "{:?}", &manager.heard[from..]);
    victim.signal(proc::Signal::CONT);
    manager.hears(from, "WATCHDOG=1");
}

#[test]
fn another_processs_watchdog_is_not_fed() {
    let (_directory, address, path) = temporary();
    let mut manager = Manager::at(&address);
    let _victim = Victim::start_with("serve", |command| {
        command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "200000").env("WATCHDOG_PID", "1");
    });
    manager.hears(0, "READY=1");
    manager.listen(Duration::from_millis(500));
    assert_eq!(manager.count("WATCHDOG="), 0, "{:?}", manager.heard);
}

#[test]
fn a_manager_that_is_not_there_holds_nothing_up() {
    let nowhere = ["/nowhere/at/all", "@pulsar-test-nobody", "vsock:2:9", ""];
    for address in nowhere {
        let mut victim = Victim::start_with("end", |command| {
            command.env("NOTIFY_SOCKET", address).env("WATCHDOG_USEC", "1000");
        });
        assert_eq!(victim.wait(SOON).0.code(), Some(0), "{address}");
    }
    // Nor does one that does not read.
    let (_directory, address, path) = temporary();
    let _deaf = UnixDatagram::bind_addr(&address).expect("it can be bound");
    let mut victim = Victim::start_with("wait", |command| {
        command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "2000");
    });
    victim.says("ready");
    std::thread::sleep(Duration::from_millis(500));
    victim.signal(proc::Signal::TERM);
    let (status, took) = victim.wait(SOON);
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(5), "{took:?}");
}

/// Hands a listener over as a service manager does, at descriptor 3.
fn listening(pid: &str) -> (Victim, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    fcntl_setfd(&listener, FdFlags::empty()).expect("it can be inherited");
    let line = format!(r#"exec 3<&{} 4</dev/null; export LISTEN_PID={pid}; exec "$0" "$@""#, listener.as_raw_fd());
    let victim = Victim::start_through_shell("listen", &line, |command| {
        command.env("LISTEN_FDS", "2").env("LISTEN_FDNAMES", "web:other");
    });
    (victim, listener)
}

#[test]
fn inherited_sockets_are_taken_once_and_by_nobody_else() {
    let (victim, listener) = listening("$$");
    victim.says("ready");
    let at = listener.local_addr().expect("an address");
    let lines = victim.log.lines();
    let wanted = ["socket web", &format!("at {at}"), "socket other", "again 0", "child has 0"];
    assert_eq!(lines[..5], wanted, "{lines:?}");
}

#[test]
fn sockets_for_another_process_are_not_touched() {
    let (victim, _listener) = listening("1");
    victim.says("ready");
    assert_eq!(victim.log.lines()[0], "again 0");
}

#[test]
fn sockets_that_were_announced_but_are_not_there_harm_nothing() {
    let log = Log::new();
    let mut child = Command::new("sh")
        .args(["-c", r#"exec 3<&-; export LISTEN_PID=$$ LISTEN_FDS=4000000000; exec "$0" listen "$1""#])
        .args([env!("CARGO_BIN_EXE_victim"), &log.path()])
        .process_group(0)
        .stdin(Stdio::null())
        .spawn()
        .expect("a shell");
    until_blocking("it is ready", SOON, || log.lines().iter().any(|line| line == "ready"));
    assert_eq!(log.lines()[0], "again 0");
    child.kill().and_then(|()| child.wait()).expect("it ends");
}
