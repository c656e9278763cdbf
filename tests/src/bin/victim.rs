//! A program that is to be killed: it spawns actors of every kind, process actors above all, until it ends.
//!
//! ```text
//! victim MODE [PATH]
//! ```

use std::time::Duration;

use pulsar::prelude::*;
use pulsar_tests::{
    SOON,
    actors::{How, Probe, Starter, Stubborn},
    append, proc,
    trials::Trial,
    until,
};

/// Before anything else: a program that is given other programs' orphans, if it is asked to be.
fn prepare() {
    if std::env::args().nth(1).is_some_and(|mode| mode == "strangers") {
        let _ = rustix::process::set_child_subreaper(rustix::process::Pid::from_raw(1));
    }
}

#[pulsar::main(setup = prepare)]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let path = arguments.get(2).cloned().unwrap_or_else(|| "/dev/null".into());
    match arguments.get(1).map(String::as_str) {
        // A few actors that know each other, then wait.
        Some("wait") => {
            for kind in [Kind::Process, Kind::Process, Kind::Thread, Kind::Task] {
                let probe = Probe::new().on(kind).spawn().await?;
                let other = Probe::new().spawn().await?;
                probe.ask_other(other, 1).await?;
            }
            append(&path, "ready");
            std::future::pending().await
        }
        // Actors that have started programs, some of which hear no signal that can be ignored.
        Some("family") => {
            for round in 0..3 {
                let probe = Probe::new().with(|params| params.backoff.0 = Duration::from_millis(1)).spawn().await?;
                probe.start_program("sleep", "300").await?;
                let deaf = "trap '' CONT TERM HUP INT; while :; do sleep 300; done";
                probe.start_shell(deaf).await?;
                if round == 0 {
                    probe.handle_cont().await?;
                }
            }
            append(&path, "ready");
            std::future::pending().await
        }
        // A process that has no descriptor for a connection, and asks all the same.
        Some("poor") => {
            let poor = Trial::new().with(|params| params.limits.nofile = Some(64)).spawn().await?;
            let other = Probe::new().spawn().await?;
            poor.exhaust().await?;
            assert!(poor.ask_other(other.clone()).timeout(SOON).await.is_err());
            poor.recover().await?;
            poor.ask_other(other).timeout(SOON).await?;
            Ok(())
        }
        // Threads that panic all at once, again and again.
        Some("panics") => {
            let mut probes = Vec::new();
            for _ in 0..6 {
                let endless = |params: &mut Params| {
                    params.intensity = None;
                    params.backoff = (Duration::from_millis(1), Duration::from_millis(1));
                };
                probes.push(Probe::new().on(Kind::Thread).with(endless).spawn().await?);
            }
            for _ in 0..10 {
                for outcome in futures_util::future::join_all(probes.iter().map(|probe| probe.burst())).await {
                    assert!(outcome.is_err());
                }
            }
            Ok(())
        }
        // Spawns and stops without end.
        Some("spawn") => loop {
            let (one, two) = (Probe::new().spawn().await?, Probe::new().spawn().await?);
            one.ask_other(two.clone(), 1).await?;
            append(&path, "ready");
            two.kill().await?;
            one.kill().await?;
        },
        // Actors that do not want to stop.
        Some("stubborn") => {
            for kind in [Kind::Process, Kind::Thread, Kind::Task] {
                let stubborn = Stubborn::new(path.clone());
                stubborn.on(kind).with(|params| params.shutdown = Duration::from_secs(2)).spawn().await?;
            }
            append(&path, "ready");
            std::future::pending().await
        }
        // Blocks the body of main.
        Some("block") => {
            let probe = Probe::new().spawn().await?;
            probe.fall_silent().tell().await?;
            append(&path, "ready");
            std::thread::sleep(Duration::from_secs(300));
            Ok(())
        }
        // Has work under way that nobody waits for when it ends.
        Some("compute") => {
            for kind in [Kind::Process, Kind::Thread, Kind::Task] {
                let trial = Trial::new().on(kind).shutdown(Duration::from_secs(50)).spawn().await?;
                trial.compute_for_long(path.clone()).await?;
            }
            let own = path.clone();
            tokio::task::spawn_blocking(move || {
                append(&own, "computing");
                std::thread::sleep(Duration::from_secs(60));
            });
            let computing = async || std::fs::read_to_string(&path).is_ok_and(|text| text.lines().count() == 4);
            until("they compute", SOON, computing).await;
            append(&path, "ready");
            Ok(())
        }
        // Returns, with an actor that takes its time to stop.
        Some("linger") => {
            Stubborn::new(path.clone()).with(|params| params.shutdown = Duration::from_secs(45)).spawn().await?;
            append(&path, "ready");
            Ok(())
        }
        // Leaves actors that may take for ever to stop, and does not wait for ever for those that do stop.
        Some("endless") => {
            for kind in [Kind::Process, Kind::Thread, Kind::Task] {
                for length in [Duration::MAX, Duration::from_secs(u64::MAX / 2)] {
                    Probe::new().on(kind).shutdown(length).timeout(length).start_timeout(length).spawn().await?;
                }
            }
            append(&path, "ready");
            Ok(())
        }
        // A service whose actors take a while to start.
        Some("serve") => {
            Starter::new(How::After(700), path.clone()).named("slow").spawn().await?;
            let probe = Probe::new().spawn().await?;
            for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]
            {
                append(&path, &format!("{name} {:?}", probe.environment(name).await?));
            }
            append(&path, "ready");
            std::future::pending().await
        }
        // Says itself when it is ready.
        Some("task") => {
            Probe::new().on(Kind::Task).spawn().await?;
            tokio::time::sleep(Duration::from_millis(500)).await;
            append(&path, "saying");
            pulsar::ready().await?;
            std::future::pending().await
        }
        // Serves with what it was given.
        Some("listen") => {
            for socket in pulsar::listen_fds() {
                append(&path, &format!("socket {}", socket.name));
                if socket.name == "web" {
                    let listener = std::net::TcpListener::from(socket.fd);
                    append(&path, &format!("at {}", listener.local_addr()?));
                    Box::leak(Box::new(listener));
                }
            }
            append(&path, &format!("again {}", pulsar::listen_fds().len()));
            let (pid, _) = Probe::new().spawn().await?.place().await?;
            append(&path, &format!("child has {}", proc::listening(pid).len()));
            append(&path, "ready");
            std::future::pending().await
        }
        // Has a thousand strangers given to it, and waits for a child of its own as late as one may.
        Some("strangers") => {
            let probe = Probe::new().spawn().await?;
            let mut own = std::process::Command::new("sh").args(["-c", "exit 7"]).spawn()?;
            let script = "i=0; while [ $i -lt 1000 ]; do ( ( exit 3 ) & ); i=$((i+1)); done";
            let made = std::process::Command::new("sh").args(["-c", script]).status()?;
            append(&path, &format!("made {made}"));
            let zombies = || proc::children(std::process::id()).iter().filter(|(_, state)| *state == 'Z').count();
            append(&path, &format!("zombies {}", zombies()));
            tokio::time::sleep(Duration::from_millis(500)).await;
            append(&path, &format!("own {}", own.wait()?));
            until("strangers are reaped", SOON, async || zombies() == 0).await;
            let children = arbiter().info().await?.children;
            append(&path, &format!("actors {} {}", children.len(), probe.add(1).await?));
            append(&path, "ready");
            std::future::pending().await
        }
        // Actors that may be silent for a second, and say all the time which lives they are in.
        Some("beat") => {
            let mut probes = Vec::new();
            for kind in [Kind::Process, Kind::Process, Kind::Thread, Kind::Task] {
                let impatient = Probe::new().on(kind).with(|params| params.timeout = Duration::from_secs(1));
                probes.push(impatient.spawn().await?);
            }
            append(&path, "ready");
            loop {
                let mut lives = Vec::new();
                for probe in &probes {
                    lives.push(probe.place().timeout(SOON).await?.1);
                }
                append(&path, &format!("lives {lives:?}"));
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        Some("pool") => {
            Probe::new().on(Kind::Process).workers(3).spawn().await?;
            append(&path, "ready");
            std::future::pending().await
        }
        // Has work under way without end, and writes down what was begun and what was finished.
        Some("load") => {
            for kind in [Kind::Process, Kind::Process, Kind::Thread] {
                let probe = Probe::new().on(kind).spawn().await?;
                for worker in 0..4 {
                    let (probe, path) = (probe.clone(), path.clone());
                    tokio::task::spawn_local(async move {
                        loop {
                            let _ = probe.work(path.clone(), 20 + worker).await;
                        }
                    });
                }
            }
            append(&path, "ready");
            std::future::pending().await
        }
        // One of several hears nothing, or stands still.
        Some(mode @ ("deaf" | "still")) => {
            for _ in 0..5 {
                Probe::new().spawn().await?;
            }
            let probe = Probe::new().on(Kind::Process).shutdown(Duration::from_secs(2)).spawn().await?;
            append(&path, &format!("pid {}", probe.place().await?.0));
            if mode == "deaf" {
                probe.ignore_term().await?;
                probe.fall_silent().tell().await?;
            }
            append(&path, "ready");
            std::future::pending().await
        }
        Some("end") => {
            for kind in [Kind::Process, Kind::Thread, Kind::Task] {
                Probe::new().on(kind).spawn().await?;
            }
            append(&path, "ready");
            Ok(())
        }
        Some("fail") => {
            Probe::new().spawn().await?;
            Err(Error::msg("failed, as asked"))
        }
        Some("unstarted") => {
            Starter::new(How::Failing("no disk".into()), path).spawn().await?;
            Ok(())
        }
        Some("coded") => Err(Error::msg("failed, as asked").with_code(69)),
        Some("panic") => {
            Probe::new().spawn().await?;
            panic!("burst, as asked")
        }
        Some("shutdown") => {
            Probe::new().spawn().await?;
            arbiter().shutdown(7).await?;
            std::future::pending().await
        }
        other => Err(Error::msg(format!("no such mode: {other:?}"))),
    }
}
