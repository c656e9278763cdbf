//! Where something runs out (descriptors, processes, the binary itself): what runs goes on, what cannot start says why, and all
//! is well by itself once there is enough again. And nothing is used up by mere time or by restarts.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use pulsar::{AskError, SpawnError, prelude::*};
use pulsar_tests::{
    SOON,
    actors::{Probe, ProbeProxy},
    kills, proc,
    trials::{Trial, exhaust},
    until,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How long an ask may take that cannot be answered for want of something.
const A_MOMENT: Duration = Duration::from_millis(500);

/// How long the doomed one waits before it comes back.
const PAUSE: Duration = Duration::from_millis(200);

/// An actor that is restarted at once, however often.
fn tireless(kind: Kind) -> pulsar::Spawn<Probe> {
    Probe::new().on(kind).with(|params| {
        params.intensity = None;
        params.backoff = (Duration::from_millis(1), Duration::from_millis(2));
    })
}

/// Kills this life of a process actor, and waits for the next.
async fn replaced(probe: &ProbeProxy) -> Result<()> {
    let (pid, before) = probe.place().timeout(SOON).await?;
    assert!(proc::signal(pid, proc::Signal::KILL));
    until("it is back", SOON, async || {
        probe.place().timeout(SOON).await.is_ok_and(|(_, incarnation)| incarnation > before)
    })
    .await;
    Ok(())
}

#[track_caller]
fn cannot_start(spawned: &Result<ProbeProxy, SpawnError>) {
    let Err(SpawnError::Failed { reason: ExitReason::StartFailed(text) }) = spawned else { panic!("{spawned:?}") };
    println!("a spawn says: {text}");
    assert!(text.contains("os error 24"), "{text}");
}

#[pulsar::test(timeout = "120s")]
async fn a_master_without_descriptors_serves_on_and_recovers() -> Result<()> {
    let (one, two) = (tireless(Kind::Process).spawn().await?, tireless(Kind::Process).spawn().await?);
    let (thread, task) = (tireless(Kind::Thread).spawn().await?, tireless(Kind::Task).spawn().await?);
    let doomed = tireless(Kind::Process).with(|params| params.backoff = (PAUSE, PAUSE)).spawn().await?;
    let doomed_pid = doomed.place().await?.0;
    let master = std::process::id();
    let before = proc::fds(master);

    let old = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(256), ..old })?;
    let mut held = exhaust();
    assert!(std::fs::File::open("/dev/null").is_err());
    for kind in [Kind::Process, Kind::Thread] {
        cannot_start(&Probe::new().on(kind).spawn().await);
    }
    Probe::new().on(Kind::Task).spawn().await?.stop().await?;
    // One that dies now cannot come back, and is tried again and again.
    assert!(proc::signal(doomed_pid, proc::Signal::KILL));
    until("it cannot come back", SOON, async || {
        // The dead one has left its own descriptors, and the next life may have been quicker to take them; or they are still
        // to be left.
        let place = doomed.place().timeout(A_MOMENT).await;
        if let Ok((pid, _)) = place {
            assert!(proc::signal(pid, proc::Signal::KILL));
            tokio::time::sleep(PAUSE / 4).await;
        }
        let left = exhaust();
        let stable = left.is_empty() && matches!(place, Err(AskError::Timeout { .. }));
        held.extend(left);
        stable
    })
    .await;
    let (cpu, began) = (proc::cpu(), Instant::now());
    let mut slowest = Duration::ZERO;
    let mut asked = 0;
    while began.elapsed() < Duration::from_secs(2) {
        for probe in [&one, &two, &thread, &task] {
            let began = Instant::now();
            probe.add(1).await?;
            slowest = slowest.max(began.elapsed());
        }
        asked += 4;
        let began = Instant::now();
        assert_eq!(arbiter().info().await?.children.len(), 4);
        slowest = slowest.max(began.elapsed());
        tokio::time::sleep(Duration::from_millis(50)).await;
        // What an attempt to come back held a moment ago.
        held.extend(exhaust());
    }
    let share = (proc::cpu() - cpu).as_secs_f64() / began.elapsed().as_secs_f64();
    println!("{asked} asks answered, the slowest within {slowest:?}; the master used {:.1} % of a core", 100.0 * share);
    assert!(slowest < Duration::from_secs(1) && share < 0.5);
    // Two that have no connection yet cannot be given one.
    let unconnected = one.ask_other(two.clone(), 1).timeout(A_MOMENT).await;
    assert!(matches!(unconnected, Err(AskError::Timeout { .. } | AskError::Command(_))), "{unconnected:?}");
    let waiting = doomed.add(1).timeout(A_MOMENT).await;
    assert!(matches!(waiting, Err(AskError::Timeout { .. } | AskError::ActorDied { .. })), "{waiting:?}");

    drop(held);
    setrlimit(Resource::Nofile, old)?;
    until("the dead one is back", SOON, async || doomed.add(0).timeout(A_MOMENT).await.is_ok()).await;
    until("they are connected", SOON, async || one.ask_other(two.clone(), 1).timeout(A_MOMENT).await.is_ok()).await;
    for kind in [Kind::Process, Kind::Thread] {
        Probe::new().on(kind).spawn().await?.stop().await?;
    }
    for probe in [&one, &two, &thread, &task] {
        assert_eq!(probe.place().await?.1, 1, "it has lived through it");
    }
    until("nothing was left open", SOON, async || proc::fds(master) <= before).await;
    assert_eq!(proc::children(master).len(), 3);
    Ok(())
}

#[pulsar::test(timeout = "120s")]
async fn a_child_without_descriptors_serves_on_and_recovers() -> Result<()> {
    let poor = Trial::new().named("poor").with(|params| params.limits.nofile = Some(64)).spawn().await?;
    let (before, after) = (Probe::new().spawn().await?, Probe::new().spawn().await?);
    assert_eq!(poor.ask_other(before.clone()).await?, 1);
    let taken = poor.exhaust().await?;
    assert!((10..64).contains(&taken), "{taken}");
    assert_eq!(poor.add_one(1).await?, 2, "it answers");
    assert_eq!(poor.ask_other(before.clone()).await?, 2, "and asks whom it knows");
    assert_eq!(poor.spawn_task().await?.add(1).await?, 1, "and has tasks");
    poor.ping().await?;
    // It has no room for a connection to anyone else, and learns that in time.
    let began = Instant::now();
    let asked = poor.ask_other(after.clone()).timeout(SOON).await;
    assert!(asked.is_err(), "{asked:?}");
    println!("an ask that cannot be connected: {:?} after {:?}", asked, began.elapsed());
    assert_eq!(poor.add_one(1).await?, 2, "it has lived through it");
    assert_eq!(poor.info().await?.actor.incarnation, 1);
    poor.recover().await?;
    until("they are connected", SOON, async || poor.ask_other(after.clone()).timeout(SOON).await.is_ok()).await;
    for (probe, name) in [(&before, "before"), (&after, "after")] {
        assert_eq!(probe.place().await?.1, 1, "{name}");
    }
    assert_eq!(poor.info().await?.actor.incarnation, 1);
    Ok(())
}

#[pulsar::test(timeout = "900s")]
async fn restarts_use_nothing_up() -> Result<()> {
    let master = std::process::id();
    let probes = [
        tireless(Kind::Process).spawn().await?,
        tireless(Kind::Thread).spawn().await?,
        tireless(Kind::Task).spawn().await?,
    ];
    let [process, thread, task] = &probes;
    let restart = async |_: u32| {
        replaced(process).await?;
        for probe in [thread, task] {
            assert!(probe.burst().timeout(SOON).await.is_err());
            probe.add(1).timeout(SOON).await?;
        }
        Ok::<_, Error>(())
    };
    let rounds = kills(300);
    // What is kept of the past (events, crash reports) has filled up before the count begins.
    for round in 0..rounds.clamp(200, 1000) {
        restart(round).await?;
    }
    until("all is quiet", SOON, async || proc::children(master).len() == 1).await;
    let (fds, threads, memory) = (proc::fds(master), proc::threads(master), proc::anonymous(master));
    let began = Instant::now();
    for round in 0..rounds {
        restart(round).await?;
    }
    let took = began.elapsed();
    until("files and threads are as before", SOON, async || {
        (proc::fds(master), proc::threads(master)) <= (fds, threads) && proc::children(master).len() == 1
    })
    .await;
    let grown = proc::anonymous(master) as i64 - memory as i64;
    println!(
        "{rounds} restarts of each kind in {took:?}: {fds} files, {threads} threads, memory {memory} bytes, grown by {grown}"
    );
    assert!(grown <= 1 << 20, "grown by {grown} bytes");
    Ok(())
}

#[pulsar::test(timeout = "120s")]
async fn nobody_dies_with_the_thread_that_spawned_it() -> Result<()> {
    let mut probes = vec![Probe::new().spawn().await?];
    // From a thread actor that ends, from a thread of the runtime's pool, and from one that ends at once.
    let owner = Probe::new().on(Kind::Thread).spawn().await?;
    probes.push(owner.spawn_probe("of-thread", Kind::Process).await?);
    owner.stop().await?;
    let pooled = tokio::task::spawn_blocking(|| tokio::runtime::Handle::current().block_on(Probe::new().spawn()));
    probes.push(pooled.await??);
    let ended = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a loop");
        runtime.block_on(Probe::new().spawn())
    });
    probes.push(tokio::task::spawn_blocking(move || ended.join()).await?.expect("it does not panic")?);
    // A parent that is a child: its task spawns.
    let parent = Probe::new().spawn().await?;
    probes.push(parent.spawn_probe("of-child", Kind::Process).await?);
    let mut places = Vec::new();
    for probe in &probes {
        places.push(probe.place().await?);
    }
    // A thread of the pool ends after ten idle seconds: by then, with `PULSAR_IDLE=60` long before.
    let idle = std::env::var("PULSAR_IDLE").ok().and_then(|text| text.parse().ok()).unwrap_or(12);
    let threads = proc::threads(std::process::id());
    tokio::time::sleep(Duration::from_secs(idle)).await;
    println!("{idle} s idle: {threads} threads before, {} after", proc::threads(std::process::id()));
    for (probe, place) in probes.iter().zip(places) {
        assert_eq!(probe.place().await?, place);
    }
    Ok(())
}

/// Runs the program that lacks something; what it printed.
fn strained(command: &mut Command, mode: &str) -> String {
    let output = command.arg(mode).output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    println!("{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{mode}: {}", output.status);
    text
}

#[test]
fn a_binary_that_is_gone_is_said_and_waited_for() {
    let directory = tempfile::tempdir().expect("a directory");
    let link = directory.path().join("binary");
    let program = Path::new(env!("CARGO_BIN_EXE_strained"));
    std::os::unix::fs::symlink(program, &link).expect("a link");
    strained(Command::new(program).env("PULSAR_EXE", &link), "binary");
}

/// The same in a space of a few hundred process numbers, where this user may have one.
fn in_a_tiny_space(mode: &str) {
    let able = "unshare --user --map-root-user --pid --fork --mount-proc";
    // Before Linux 6.14 the largest number is one for the whole machine.
    let line = format!(r#"{able} sh -c 'echo 400 2>/dev/null > /proc/sys/kernel/pid_max && exec "$0" "$@"' "$0" "$@""#);
    let whole = std::fs::read_to_string("/proc/sys/kernel/pid_max").unwrap_or_default();
    let tried = format!("{able} sh -c 'echo 400 > /proc/sys/kernel/pid_max && cat /proc/sys/kernel/pid_max'");
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut version = release.split('.').filter_map(|part| part.parse::<u32>().ok());
    let new = (version.next(), version.next()) >= (Some(6), Some(14));
    if !new || !Command::new("sh").args(["-c", &tried]).output().is_ok_and(|output| output.stdout == b"400\n") {
        println!("skipped: this kernel ({}) or user has no small space of process numbers", release.trim());
        return;
    }
    strained(Command::new("sh").args(["-c", &line, env!("CARGO_BIN_EXE_strained")]), mode);
    assert_eq!(std::fs::read_to_string("/proc/sys/kernel/pid_max").unwrap_or_default(), whole);
}

#[test]
fn no_process_to_be_had_is_said_and_waited_for() {
    in_a_tiny_space("processes");
}

#[test]
fn numbers_that_are_used_again_are_nobodys_harm() {
    in_a_tiny_space("numbers");
}

#[test]
fn a_crowd_ends_in_time() {
    strained(&mut Command::new(env!("CARGO_BIN_EXE_strained")), "crowd");
}
