//! A program that lacks something, or has much of it, and that fails unless all goes well. Run by `tests/supervision/resources.rs`.
//!
//! ```text
//! strained binary | processes | numbers | crowd
//! ```

use std::{
    process::{Child, Command},
    time::{Duration, Instant},
};

use pulsar::{Change, SpawnError, Strategy, Supervisor, prelude::*};
use pulsar_tests::{
    Random, SOON,
    actors::{Probe, ProbeProxy, Stubborn},
    kills, proc, until,
};

/// Within what the program says how it is, whatever is wrong: ten times what it promises.
const STATUS: Duration = Duration::from_millis(100);

fn tireless(kind: Kind) -> pulsar::Spawn<Probe> {
    Probe::new().on(kind).with(|params| {
        params.intensity = None;
        params.backoff = (Duration::from_millis(50), Duration::from_millis(400));
    })
}

/// Kills this life of a process actor.
async fn kill(probe: &ProbeProxy) -> Result<()> {
    let (pid, _) = probe.place().timeout(SOON).await?;
    assert!(proc::signal(pid, proc::Signal::KILL));
    Ok(())
}

/// Asks for the state of everything for a while; the slowest answer, and when which life of `probe` failed to start.
async fn watch(probe: &ProbeProxy, long: Duration, error: &str) -> Result<(Duration, Vec<Duration>)> {
    let began = Instant::now();
    let mut events = pulsar::events();
    let failures = async {
        let mut failures = Vec::new();
        while let Ok(Ok(event)) = tokio::time::timeout(long.saturating_sub(began.elapsed()), events.next()).await {
            if let (true, Change::Exited { reason: ExitReason::StartFailed(text) }) =
                (event.id == probe.id(), event.change)
            {
                assert!(text.contains(error), "{text}");
                failures.push(began.elapsed());
            }
        }
        failures
    };
    let status = async {
        let mut slowest = Duration::ZERO;
        while began.elapsed() < long {
            let asked = Instant::now();
            pulsar::tree().await?;
            arbiter().info().await?;
            slowest = slowest.max(asked.elapsed());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok::<_, Error>(slowest)
    };
    let (failures, slowest) = futures_util::future::join(failures, status).await;
    let slowest = slowest?;
    println!("not started at {failures:?}; the slowest status within {slowest:?}");
    assert!(slowest < 10 * STATUS, "{slowest:?}");
    // 50, 100, 200 ms, then 400, each a fifth more or less.
    let most = long.as_millis() / 300 + 4;
    assert!(failures.len() >= 3 && failures.len() as u128 <= most, "{failures:?}");
    Ok((slowest, failures))
}

#[track_caller]
fn cannot_start(spawned: &Result<ProbeProxy, SpawnError>, error: &str) {
    match spawned {
        Err(SpawnError::Failed { reason: ExitReason::StartFailed(text) }) if text.contains(error) => println!("{text}"),
        other => panic!("{other:?}"),
    }
}

/// The binary of process actors is gone for a while.
async fn binary() -> Result<()> {
    let link = std::env::var("PULSAR_EXE")?;
    let probe = tireless(Kind::Process).spawn().await?;
    let neighbour = tireless(Kind::Process).spawn().await?;
    let target = std::fs::read_link(&link)?;
    std::fs::remove_file(&link)?;
    cannot_start(&Probe::new().on(Kind::Process).spawn().await, "os error 2");
    kill(&probe).await?;
    watch(&probe, Duration::from_secs(3), "os error 2").await?;
    assert_eq!(neighbour.add(1).await?, 1);
    std::os::unix::fs::symlink(target, &link)?;
    assert_eq!(probe.add(1).timeout(SOON).await?, 1);
    assert_eq!(neighbour.place().await?.1, 1);
    Ok(())
}

/// No process or thread can be had for a while.
async fn processes() -> Result<()> {
    let probe = tireless(Kind::Process).spawn().await?;
    let neighbour = tireless(Kind::Thread).spawn().await?;
    let (pid, _) = probe.place().await?;
    let mut taken: Vec<Child> = Vec::new();
    let fill = |taken: &mut Vec<Child>| {
        let error = loop {
            match Command::new("sleep").arg("300").spawn() {
                Ok(child) => taken.push(child),
                Err(error) => break error,
            }
        };
        println!("{} others: {error}", taken.len());
    };
    fill(&mut taken);
    // Who stands by needs no number any more.
    let _stood_by = Probe::new().spawn().await;
    for kind in [Kind::Process, Kind::Thread] {
        cannot_start(&Probe::new().on(kind).spawn().await, "os error 11");
    }
    Probe::new().on(Kind::Task).spawn().await?.stop().await?;
    assert!(proc::signal(pid, proc::Signal::KILL));
    until("it is gone", SOON, async || !proc::runs(pid)).await;
    // Its own number, its lifeline's, and whatever else has become free meanwhile.
    fill(&mut taken);
    watch(&probe, Duration::from_secs(3), "os error 11").await?;
    assert_eq!(neighbour.add(1).await?, 1);
    for mut other in taken {
        other.kill()?;
        other.wait()?;
    }
    assert_eq!(probe.add(1).timeout(SOON).await?, 1);
    assert_eq!(neighbour.place().await?.1, 1);
    Ok(())
}

/// Actors come and go where each number is soon another's: no stranger is hit.
async fn numbers() -> Result<()> {
    let mut random = Random::from_env();
    let mut lowest = u32::MAX;
    let mut seen = std::collections::HashSet::new();
    let (mut again, mut strangers) = (0_u32, 0_u32);
    let probe = tireless(Kind::Process).with(|params| params.backoff.0 = Duration::from_millis(1)).spawn().await?;
    let rounds = kills(150);
    for round in 0..rounds {
        // Short lives around it, each of which is to end as it wants to.
        let others: Vec<Child> = (0..12)
            .map(|_| Command::new("sh").args(["-c", &format!("sleep 0.0{}; exit 7", random.below(10))]).spawn())
            .collect::<Result<_, _>>()?;
        let (pid, before) = probe.place().timeout(SOON).await?;
        lowest = lowest.min(pid);
        again += u32::from(!seen.insert(pid));
        match round % 3 {
            0 => {
                let short = Probe::new().on(Kind::Process).spawn().await?;
                let grandchild = short.start_program("sleep", "300").await?;
                short.stop().await?;
                until("what it started is gone", SOON, async || !proc::runs(grandchild)).await;
            }
            1 => {
                assert!(proc::signal(pid, proc::Signal::KILL));
                until("it is back", SOON, async || {
                    probe.place().timeout(SOON).await.is_ok_and(|(_, incarnation)| incarnation > before)
                })
                .await;
            }
            _ => Probe::new().on(Kind::Process).spawn().await?.kill().await?,
        }
        for mut other in others {
            seen.insert(other.id());
            let status = tokio::task::spawn_blocking(move || other.wait()).await??;
            assert_eq!(status.code(), Some(7), "a stranger was hit: {status}");
            strangers += 1;
        }
    }
    println!(
        "{rounds} actors came and went, {strangers} strangers ended as they wanted to, {again} numbers of actors had been others'"
    );
    assert!(again > rounds / 4, "the space is not tiny: {again}");
    Ok(())
}

/// Many are stopped at once, those that want to and those that do not.
async fn crowd() -> Result<()> {
    for stubborn in [false, true] {
        let second = Duration::from_secs(1);
        let tree = Supervisor::new(Strategy::OneForOne);
        let tree = if stubborn {
            let crowd = |kind, workers| Stubborn::new("/dev/null").on(kind).shutdown(second).workers(workers);
            tree.child("processes", crowd(Kind::Process, 64)).child("tasks", crowd(Kind::Task, 1000))
        } else {
            let crowd = |kind, workers| Probe::new().on(kind).shutdown(second).workers(workers);
            tree.child("processes", crowd(Kind::Process, 64)).child("tasks", crowd(Kind::Task, 1000))
        };
        let began = Instant::now();
        let tree = tree.spawn().await?;
        let up = began.elapsed();
        assert_eq!(proc::children(std::process::id()).len(), 64);
        let began = Instant::now();
        tree.stop().await?;
        let took = began.elapsed();
        println!("64 processes and 1,000 tasks, stubborn {stubborn}: up after {up:?}, gone after {took:?}");
        // A second for each of the two pools, one after the other, and one more.
        assert!(took < 3 * second, "{took:?}");
        assert_eq!(proc::children(std::process::id()).len(), 0);
        assert!(arbiter().info().await?.children.is_empty());
    }
    Ok(())
}

#[pulsar::main]
async fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("binary") => binary().await,
        Some("processes") => processes().await,
        Some("numbers") => numbers().await,
        Some("crowd") => crowd().await,
        other => Err(Error::msg(format!("no such mode: {other:?}"))),
    }
}
