//! A program that looks at its process actors: which of them were forked, and whether that can be told by anything else.
//!
//! ```text
//! forks MODE
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use pulsar::prelude::*;
use pulsar_tests::{SOON, proc, until};
use rustix::process::{Resource, Rlimit};

/// Tells what its process is made of.
#[actor]
struct Probe {}

#[actor]
impl Probe {
    /// What is to be the same, however its process was started.
    #[command]
    fn facts(&self) -> BTreeMap<String, String> {
        let mut facts = BTreeMap::new();
        let mut put = |name: &str, value: String| drop(facts.insert(name.to_string(), value));
        let status = fs::read_to_string("/proc/self/status").expect("its status");
        for key in ["Umask", "Uid", "Gid", "SigBlk", "SigIgn", "SigCgt", "PPid", "NoNewPrivs", "Threads", "Name"] {
            let line = status.lines().find(|line| line.starts_with(&format!("{key}:")));
            put(key, line.expect("a line").to_string());
        }
        let descriptors = fs::read_dir("/proc/self/fd").expect("its descriptors").flatten();
        let mut kinds: Vec<String> = descriptors
            .filter_map(|entry| Some(fs::read_link(entry.path()).ok()?.display().to_string()))
            // The last is the directory that is being read.
            .filter(|target| !target.starts_with("/proc/"))
            .map(|target| target.split(':').next().unwrap_or_default().to_string())
            .collect();
        kinds.sort();
        put("descriptors", kinds.join(" "));
        put("arguments", std::env::args().count().to_string());
        put("title", std::env::args().next().unwrap_or_default().chars().take(7).collect());
        put("listed", proc::title(std::process::id()).chars().take(7).collect());
        put("score", fs::read_to_string("/proc/self/oom_score_adj").expect("its score"));
        put("leads its group", (rustix::process::getpgrp() == rustix::process::getpid()).to_string());
        put("main thread", std::thread::current().name().unwrap_or_default().to_string());
        put("thread", (rustix::thread::gettid() == rustix::process::getpid()).to_string());
        put("directory", std::env::current_dir().expect("a directory").display().to_string());
        let mut variables: Vec<_> = std::env::vars().map(|(name, value)| format!("{name}={value}")).collect();
        variables.sort();
        put("environment", variables.join("\n"));
        put("files", format!("{:?}", rustix::process::getrlimit(Resource::Nofile)));
        facts
    }

    /// What is never to be the same in two processes.
    #[command]
    fn random(&self) -> (u32, u64) {
        (std::process::id(), RandomState::new().hash_one("pulsar"))
    }

    #[command]
    fn place(&self, cx: &mut Context<Self>) -> (u32, u32) {
        (std::process::id(), cx.incarnation())
    }

    /// Blocks and unblocks locks, and starts a thread: what a fork could have broken.
    #[command]
    fn exercise(&self) -> u32 {
        let shared = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
        let lock = std::sync::Arc::new(std::sync::Mutex::new(()));
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let (shared, lock) = (shared.clone(), lock.clone());
                std::thread::spawn(move || {
                    for _ in 0..100 {
                        let _held = lock.lock().expect("a lock");
                        shared.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().expect("it ends"));
        shared.load(std::sync::atomic::Ordering::Relaxed)
    }

    #[command]
    fn panic(&mut self) {
        panic!("as it was told");
    }
}

fn main() -> ExitCode {
    if std::env::var_os("FORKS_THREAD").is_some() {
        // What nothing should do before `init`.
        std::thread::spawn(|| std::thread::sleep(Duration::from_secs(600)));
    }
    if let (Some(list), Ok(marker)) = (std::env::var_os("FORKS_DIES"), std::env::var("PULSAR_CHILD"))
        && marker.ends_with(":fork")
    {
        // Each one that is started leaves a byte.
        let mut list = fs::OpenOptions::new().append(true).create(true).open(list).expect("a list");
        list.write_all(b".").expect("it is written");
        std::process::exit(1);
    }
    pulsar::init();
    let mode = std::env::args().nth(1).unwrap_or_default();
    pulsar::run(move || async move {
        match mode.as_str() {
            "same" => same().await,
            "changes" => changes().await,
            "killed" => killed().await,
            "never" => never().await,
            "dies" => dies().await,
            "idle" => idle().await,
            "many" => many().await,
            other => Err(Error::msg(format!("no mode {other}"))),
        }?;
        println!("well");
        Ok::<_, Error>(())
    })
}

fn server() -> Option<u32> {
    proc::fork_server(std::process::id())
}

/// Where its program was put into memory: at random, when it was executed.
fn layout(pid: u32) -> Option<String> {
    fs::read_to_string(format!("/proc/{pid}/maps")).ok()?.lines().next().map(Into::into)
}

/// Whether a process is a copy of the fork server.
fn is_forked(pid: u32) -> bool {
    server().is_some_and(|server| layout(server).is_some_and(|known| Some(known) == layout(pid)))
}

async fn executed() -> Result<ProbeProxy> {
    let probe = Probe::new().spawn().await?;
    assert!(!is_forked(probe.place().await?.0));
    Ok(probe)
}

/// A forked one: there will be, once the server is ready.
async fn forked() -> Result<ProbeProxy> {
    let began = std::time::Instant::now();
    loop {
        let probe = Probe::new().spawn().await?;
        if is_forked(probe.place().await?.0) {
            return Ok(probe);
        }
        assert!(began.elapsed() < SOON, "nothing is ever forked");
        probe.stop().await?;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn same() -> Result<()> {
    let (executed, forked, another) = (executed().await?, forked().await?, forked().await?);
    let (one, other) = (executed.facts().await?, forked.facts().await?);
    for (name, value) in &one {
        assert_eq!(other.get(name), Some(value), "{name}");
    }
    let drawn = [executed.random().await?.1, forked.random().await?.1, another.random().await?.1];
    assert!(drawn[0] != drawn[1] && drawn[1] != drawn[2], "{drawn:?}");
    assert_eq!(forked.exercise().await?, 800);
    // What it says when it panics is what an executed one says.
    let crash = forked.panic().await;
    assert!(crash.as_ref().is_err_and(|error| error.to_string().contains("as it was told")), "{crash:?}");
    // Its next incarnation is forked as well, and shares nothing with the last.
    until("it is back", SOON, async || forked.place().await.is_ok_and(|(_, incarnation)| incarnation == 2)).await;
    assert!(is_forked(forked.place().await?.0));
    assert_ne!(forked.random().await?.1, drawn[1]);
    Ok(())
}

/// What the master changes is what a forked actor gets, and at once.
async fn changes() -> Result<()> {
    executed().await?;
    forked().await?;
    let before = server();
    let directory = tempfile::tempdir()?;
    std::env::set_current_dir(directory.path())?;
    // SAFETY: no other thread of this program looks at the environment meanwhile but the arbiter's, which the standard
    // library's own lock keeps apart.
    #[expect(unsafe_code, reason = "what the environment of the master becomes is what is tried here")]
    unsafe {
        std::env::set_var("FORKS_CHANGED", "yes");
        std::env::remove_var("FORKS_REMOVED");
    }
    let facts = forked().await?.facts().await?;
    assert_eq!(fs::canonicalize(&facts["directory"])?, fs::canonicalize(directory.path())?);
    assert!(facts["environment"].contains("FORKS_CHANGED=yes"), "{}", facts["environment"]);
    assert!(!facts["environment"].contains("FORKS_REMOVED"), "{}", facts["environment"]);
    assert_eq!(server(), before, "the same server");
    // A limit it cannot be told of: another server takes its place, and meanwhile nobody gets the old one.
    let limit = Rlimit { current: Some(200), maximum: Some(200) };
    rustix::process::setrlimit(Resource::Nofile, limit)?;
    let next = Probe::new().spawn().await?.facts().await?;
    assert!(next["files"].contains("200"), "{}", next["files"]);
    let facts = forked().await?.facts().await?;
    assert!(facts["files"].contains("200"), "{}", facts["files"]);
    assert_ne!(server(), before, "another server");
    Ok(())
}

/// Whatever becomes of the server, actors are started.
async fn killed() -> Result<()> {
    let kept = Probe::new().with(|params| {
        params.intensity = None;
        params.backoff = (Duration::ZERO, Duration::ZERO);
    });
    let kept = kept.spawn().await?;
    forked().await?;
    for round in 0..20 {
        let signal = [proc::Signal::KILL, proc::Signal::STOP][round % 2];
        let victims = [server(), proc::standby(std::process::id())];
        // One of them, the other, or both. One that has just been woken is an actor, and not to be stopped here.
        for pid in victims.into_iter().skip(round % 3 / 2).take(1 + round % 2).flatten() {
            let stands_by = Some(pid) == victims[1];
            proc::signal(pid, if stands_by { proc::Signal::KILL } else { signal });
        }
        let probe = Probe::new().spawn().await?;
        probe.exercise().await?;
        let (pid, incarnation) = kept.place().await?;
        assert!(proc::signal(pid, proc::Signal::KILL));
        until("it is back", SOON, async || kept.place().await.is_ok_and(|(_, next)| next == incarnation + 1)).await;
        probe.stop().await?;
    }
    // It is not needed, and comes back.
    forked().await?;
    let zombies = || proc::children(std::process::id()).into_iter().filter(|(_, state)| *state == 'Z').count();
    until("no zombie is left", SOON, async || zombies() == 0).await;
    Ok(())
}

/// Where no server ever lives, one is started when there is a reason to, and not for ever.
async fn dies() -> Result<()> {
    let list = std::env::var_os("FORKS_DIES").ok_or_else(|| Error::msg("no list"))?;
    let started = || fs::read(&list).map_or(0, |bytes| bytes.len());
    let probe = executed().await?;
    until("one is started", SOON, async || started() > 0).await;
    tokio::time::sleep(Duration::from_millis(3500)).await;
    assert_eq!(started(), 1, "nobody has asked for another");
    executed().await?;
    until("another is started", SOON, async || started() > 1).await;
    assert_eq!(probe.exercise().await?, 800);
    Ok(())
}

/// A server that is killed comes back to a program that does nothing, and what the program has started itself stays its own.
async fn idle() -> Result<()> {
    executed().await?;
    forked().await?;
    let master = std::process::id();
    until("one stands by", SOON, async || proc::standby(master).is_some()).await;
    let before = server().ok_or_else(|| Error::msg("no server"))?;
    proc::signal(before, proc::Signal::KILL);
    let mut own = std::process::Command::new("true").spawn()?;
    until("another is there", SOON, async || server().is_some_and(|now| now != before)).await;
    until("one stands by again", SOON, async || proc::standby(master).is_some()).await;
    // Longer than a stranger that is dead is left alone.
    tokio::time::sleep(Duration::from_millis(7500)).await;
    assert!(own.wait()?.success());
    Ok(())
}

/// Where many are started several stand by, never more than four, and in the end one.
async fn many() -> Result<()> {
    executed().await?;
    forked().await?;
    let master = std::process::id();
    for _ in 0..5 {
        let spawned: Vec<_> = (0..6).map(|_| tokio::task::spawn_local(async { Probe::new().spawn().await })).collect();
        let mut probes = Vec::new();
        for probe in spawned {
            probes.push(probe.await.map_err(|error| Error::msg(error.to_string()))??);
        }
        for probe in &probes {
            assert_eq!(probe.exercise().await?, 800);
        }
        assert!(proc::standbys(master) <= 4);
        for probe in probes {
            probe.stop().await?;
        }
    }
    until("two actors are left", SOON, async || proc::children(master).len() == 2).await;
    // Five seconds without a start for each that is too many.
    until("one stands by", 3 * SOON, async || proc::standbys(master) == 1).await;
    forked().await?;
    Ok(())
}

/// There is no server, and that is all.
async fn never() -> Result<()> {
    // Long enough for one to be started, to refuse, and to be heard.
    for _ in 0..20 {
        let probe = executed().await?;
        assert_eq!(probe.exercise().await?, 800);
        tokio::time::sleep(Duration::from_millis(100)).await;
        probe.stop().await?;
    }
    until("there is no server", SOON, async || server().is_none()).await;
    Ok(())
}
