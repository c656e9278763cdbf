//! Many deaths under load: every ask ends, nothing is handled twice, nothing is left.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
    time::{Duration, Instant},
};

use pulsar::{AskError, prelude::*};
use pulsar_tests::{Log, Random, SOON, actors::Probe, kills, proc, until};

/// How many asks are under way at any time.
const ASKERS: usize = 256;

#[pulsar::test(timeout = "300s")]
async fn kills_under_load() -> Result<()> {
    let mut random = Random::from_env();
    let log = Log::new();
    let probe = Probe::new()
        .named("victim")
        .with(|params| {
            params.intensity = None;
            params.backoff = (Duration::from_millis(1), Duration::from_millis(2));
        })
        .spawn()
        .await?;
    probe.add(1).await?;
    let master = std::process::id();
    let (fds, threads) = (proc::fds(master), proc::threads(master));

    let next = Rc::new(Cell::new(0_u64));
    let done = Rc::new(Cell::new(false));
    let outcomes: Rc<RefCell<HashMap<u64, Result<u64, AskError>>>> = Rc::default();
    let slowest = Rc::new(Cell::new(Duration::ZERO));
    let askers: Vec<_> = (0..ASKERS)
        .map(|_| {
            let (probe, path) = (probe.clone(), log.path());
            let (next, done, outcomes, slowest) = (next.clone(), done.clone(), outcomes.clone(), slowest.clone());
            tokio::task::spawn_local(async move {
                while !done.get() {
                    let n = next.replace(next.get() + 1);
                    let began = Instant::now();
                    let outcome = probe.mark(path.clone(), n).timeout(SOON).await;
                    slowest.set(slowest.get().max(began.elapsed()));
                    outcomes.borrow_mut().insert(n, outcome);
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let began = Instant::now();
    let (mut killed, kills) = (0, kills(200));
    while killed < kills {
        tokio::time::sleep(Duration::from_micros(random.below(8_000))).await;
        // Whichever of its lives this is.
        if let Ok(info) = probe.info().timeout(SOON).await {
            killed += u32::from(proc::signal(info.actor.pid, proc::Signal::KILL));
        }
    }
    done.set(true);
    for asker in askers {
        asker.await?;
    }
    let took = began.elapsed();

    assert_eq!(outcomes.borrow().len() as u64, next.get(), "every ask ended");
    let mut handled: HashMap<u64, u32> = HashMap::new();
    for line in log.lines() {
        *handled.entry(line.parse()?).or_default() += 1;
    }
    let twice: Vec<_> = handled.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "handled twice: {twice:?}");
    let (mut answered, mut died) = (0, 0);
    for (n, outcome) in outcomes.borrow().iter() {
        match outcome {
            Ok(value) => {
                assert_eq!(value, n, "its own answer");
                assert!(handled.contains_key(n), "{n} was answered, so it was handled");
                answered += 1;
            }
            Err(AskError::ActorDied { reason, started }) => {
                assert_eq!(*reason, ExitReason::Signal { number: 9, core: false }, "{n}");
                assert!(
                    *started != pulsar::Started::No || !handled.contains_key(n),
                    "{n} was never begun, it was said"
                );
                died += 1;
            }
            other => panic!("{n}: {other:?}"),
        }
    }
    println!("{killed} kills in {took:?}: {answered} answered, {died} died, slowest {:?}", slowest.get());
    until("it is back", SOON, async || probe.add(1).await.is_ok()).await;
    until("files and threads are back where they began", SOON, async || {
        (proc::fds(master), proc::threads(master)) <= (fds, threads)
    })
    .await;
    let children = proc::children(master);
    assert_eq!(children.len(), 1, "no zombie is left: {children:?}");
    let info = probe.info().await?;
    assert!(info.actor.restarts >= killed - 1, "{info}");
    Ok(())
}

#[pulsar::test(timeout = "300s")]
async fn sixteen_killed_at_once_all_come_back() -> Result<()> {
    let mut probes = Vec::new();
    for _ in 0..16 {
        let probe = Probe::new().with(|params| {
            params.intensity = None;
            params.backoff = (Duration::from_millis(1), Duration::from_millis(2));
        });
        probes.push(probe.spawn().await?);
    }
    let rounds = kills(10).min(200);
    let began = Instant::now();
    for round in 1..=rounds {
        let mut pids = Vec::new();
        for probe in &probes {
            pids.push(probe.place().timeout(SOON).await?.0);
        }
        assert!(pids.iter().all(|pid| proc::signal(*pid, proc::Signal::KILL)));
        for probe in &probes {
            until("it is back", SOON, async || {
                probe.place().timeout(SOON).await.is_ok_and(|(_, incarnation)| incarnation > round)
            })
            .await;
        }
    }
    // Each end was seen and counted once: one incarnation more a round, and no zombie.
    for probe in &probes {
        let info = probe.info().await?;
        assert_eq!((info.actor.incarnation, info.actor.restarts), (rounds + 1, rounds));
    }
    println!("{} ends in {:?}, each reported once", rounds * 16, began.elapsed());
    assert_eq!(proc::children(std::process::id()).len(), 16);
    Ok(())
}

#[pulsar::test(timeout = "120s")]
async fn panics_leave_the_neighbours_alone() -> Result<()> {
    for kind in [Kind::Thread, Kind::Task] {
        let victim = Probe::new().on(kind).with(|params| {
            params.intensity = None;
            params.backoff = (Duration::from_millis(1), Duration::from_millis(2));
        });
        let victim = victim.spawn().await?;
        let neighbour = Probe::new().on(kind).spawn().await?;
        for round in 1..=30 {
            assert!(victim.burst().timeout(SOON).await.is_err());
            assert_eq!(neighbour.add(1).await?, round);
        }
        assert_eq!(neighbour.place().await?.1, 1);
        victim.stop().await?;
    }
    Ok(())
}
