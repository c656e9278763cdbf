//! When an actor that ended is started again, how soon, and when no more.

use std::time::{Duration, Instant};

use pulsar::{AskError, SpawnError, command::run, prelude::*};
use pulsar_tests::{
    AT_ONCE, Log, SOON,
    actors::{How, Probe, ProbeProxy, Starter, burst_beside},
    append, for_each_kind, proc, until,
};

/// How an incarnation can end.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Normal,
    Panic,
    Signal,
}

/// Ends the living incarnation.
async fn end(probe: &ProbeProxy, how: End) -> Result<()> {
    match how {
        End::Normal => probe.finish().await?,
        End::Panic => drop(probe.burst().await),
        End::Signal => assert!(proc::signal(probe.place().await?.0, proc::Signal::KILL)),
    }
    Ok(())
}

for_each_kind! {
    async fn the_policy_decides_who_comes_back(kind: Kind) -> Result<()> {
        for restart in [Restart::Permanent, Restart::Transient, Restart::Temporary] {
            for how in [End::Normal, End::Panic, End::Signal] {
                if how == End::Signal && kind != Kind::Process {
                    continue;
                }
                let probe = Probe::new().named("probe").on(kind).with(|params| params.restart = restart).spawn().await?;
                end(&probe, how).await?;
                let back = match restart {
                    Restart::Permanent => true,
                    Restart::Transient => how != End::Normal,
                    _ => false,
                };
                if back {
                    until(&format!("{restart} comes back after {how:?}"), SOON, async || {
                        probe.place().await.is_ok_and(|(_, incarnation)| incarnation == 2)
                    }).await;
                    let info = probe.info().await?;
                    assert_eq!((info.actor.incarnation, info.actor.restarts), (2, 1));
                    assert_eq!(find("probe").await?, *probe, "its name and proxy stand");
                    probe.stop().await?;
                }
                // One that was stopped on request is not restarted, whatever its policy.
                until(&format!("{restart} is gone after {how:?}"), SOON, async || find("probe").await.is_err()).await;
                assert!(matches!(probe.add(1).await, Err(AskError::ActorDied { .. })));
            }
        }
        Ok(())
    }

    async fn a_restart_begins_anew(kind: Kind) -> Result<()> {
        let probe = Probe::new().named("probe").on(kind).spawn().await?;
        probe.add(41).await?;
        assert!(probe.burst().await.is_err());
        assert_eq!(probe.add(1).timeout(SOON).await?, 1);
        assert_eq!(send("probe", command::ping()).await?, "pong");
        Ok(())
    }

    async fn the_first_restart_is_prompt_if_it_was_well(kind: Kind) -> Result<()> {
        let slow = |params: &mut Params| params.backoff = (Duration::from_secs(30), Duration::from_secs(30));
        let probe = Probe::new().on(kind).with(slow).spawn().await?;
        tokio::time::sleep(Duration::from_millis(1300)).await;
        let began = Instant::now();
        assert!(probe.burst().await.is_err());
        assert_eq!(probe.add(1).timeout(SOON).await?, 1);
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
        // One that was not ready for a second waits.
        assert!(probe.burst().await.is_err());
        let waiting = probe.add(1).timeout(Duration::from_secs(1)).await;
        assert!(matches!(waiting, Err(AskError::Timeout { .. })), "{waiting:?}");
        // Stopped while it waits, it is gone at once.
        let began = Instant::now();
        probe.stop().await?;
        assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
        let after = probe.add(1).await;
        assert!(matches!(after, Err(AskError::ActorDied { .. })), "{after:?}");
        Ok(())
    }

    async fn restarts_are_spaced_out(kind: Kind) -> Result<()> {
        let log = Log::new();
        let probe = Starter::new(How::After(0), log.path()).on(kind).with(|params| {
            params.backoff = (Duration::from_millis(200), Duration::from_secs(30));
        }).spawn().await?;
        let began = Instant::now();
        for round in 1..=3 {
            assert!(probe.burst().timeout(SOON).await.is_err());
            assert_eq!(probe.incarnation().timeout(SOON).await?, round + 1);
        }
        // 200, 400 and 800 ms, each less a fifth at most.
        assert!(began.elapsed() >= Duration::from_millis(1100), "{:?}", began.elapsed());
        Ok(())
    }

    async fn a_spent_budget_parks(kind: Kind) -> Result<()> {
        let log = Log::new();
        let starter = Starter::new(How::After(0), log.path()).named("starter").on(kind).with(|params| {
            params.intensity = Some((3, Duration::from_secs(60)));
            params.backoff = (Duration::from_millis(10), Duration::from_millis(10));
        }).spawn().await?;
        for _ in 0..4 {
            assert!(starter.burst().timeout(SOON).await.is_err());
        }
        let began = Instant::now();
        let parked = starter.incarnation().timeout(SOON).await;
        let Err(AskError::ActorDied { reason: ExitReason::GaveUp { last, .. }, .. }) = &parked else {
            panic!("{parked:?}");
        };
        assert!(matches!(**last, ExitReason::Panic { .. }), "{parked:?}");
        assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
        assert_eq!(log.lines().iter().filter(|line| line.starts_with("started")).count(), 4, "one and three restarts");
        // It keeps its name, and ends nothing else.
        assert!(matches!(Probe::new().named("starter").spawn().await, Err(SpawnError::NameTaken { .. })));
        assert!(send("starter", command::ping()).await.is_err());
        starter.stop().await?;
        Probe::new().named("starter").on(kind).spawn().await?;
        Ok(())
    }

    async fn a_crash_loop_is_bounded(kind: Kind) -> Result<()> {
        // It starts well once, and never again.
        let log = Log::new();
        let there = format!("{}.there", log.path());
        append(&there, "yes");
        let starter = Starter::new(How::IfThere(there.clone()), log.path()).on(kind).with(|params| {
            params.backoff = (Duration::from_millis(10), Duration::from_millis(20));
        }).spawn().await?;
        std::fs::remove_file(&there)?;
        assert!(starter.burst().await.is_err());
        let parked = starter.incarnation().timeout(SOON).await;
        let Err(AskError::ActorDied { reason: ExitReason::GaveUp { last, .. }, .. }) = &parked else {
            panic!("{parked:?}");
        };
        assert!(matches!(**last, ExitReason::StartFailed(_)), "{parked:?}");
        let starts = log.lines().iter().filter(|line| line.starts_with("start ")).count();
        assert_eq!(starts, 6, "one and five restarts");
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(log.lines().iter().filter(|line| line.starts_with("start ")).count(), starts);
        Ok(())
    }

    async fn a_hung_restart_is_ended_too(kind: Kind) -> Result<()> {
        let log = Log::new();
        let there = format!("{}.there", log.path());
        let probe = Starter::new(How::SlowlyUnless(there.clone()), log.path()).on(kind).with(|params| {
            params.start_timeout = Duration::from_millis(400);
            params.backoff = (Duration::from_millis(10), Duration::from_millis(20));
        });
        append(&there, "yes");
        let probe = probe.spawn().await?;
        std::fs::remove_file(&there)?;
        assert!(probe.burst().await.is_err());
        until("two starts have hung", SOON, async || log.lines().iter().filter(|line| line.starts_with("start ")).count() >= 3).await;
        append(&there, "yes");
        assert!(probe.incarnation().timeout(SOON).await? >= 3);
        Ok(())
    }

    async fn a_panic_beside_the_handlers_is_the_actors(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).spawn().await?;
        probe.send(run(burst_beside())).tell().await?;
        until("it is back", SOON, async || probe.place().await.is_ok_and(|(_, incarnation)| incarnation == 2)).await;
        Ok(())
    }
}

#[pulsar::test]
async fn a_process_that_stands_still_is_replaced() -> Result<()> {
    let probe = Probe::new().named("probe").with(|params| params.timeout = Duration::from_secs(1)).spawn().await?;
    let (pid, _) = probe.place().await?;
    proc::stand_still(pid);
    let asked = probe.add(1).timeout(SOON).await;
    assert!(matches!(&asked, Err(AskError::ActorDied { reason: ExitReason::Hung, .. })), "{asked:?}");
    until("it is replaced", SOON, async || probe.place().await.is_ok_and(|(_, incarnation)| incarnation == 2)).await;
    until("the old one is gone", SOON, async || !proc::runs(pid)).await;
    Ok(())
}

#[pulsar::test]
async fn a_short_stop_is_forgiven() -> Result<()> {
    let probe = Probe::new().with(|params| params.timeout = Duration::from_secs(10)).spawn().await?;
    let (pid, _) = probe.place().await?;
    proc::stand_still(pid);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(proc::signal(pid, proc::Signal::CONT));
    assert_eq!(probe.place().await?, (pid, 1));
    Ok(())
}

#[pulsar::test]
async fn a_loop_that_never_yields_is_replaced() -> Result<()> {
    let spinner = Probe::new().with(|params| params.timeout = Duration::from_secs(1)).spawn().await?;
    let neighbour = Probe::new().spawn().await?;
    let (pid, _) = spinner.place().await?;
    let (fell, answered) = futures_util::future::join(spinner.fall_silent().timeout(SOON), async {
        let mut answered = 0;
        for _ in 0..20 {
            answered += u64::from(neighbour.add(1).await.is_ok());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        answered
    })
    .await;
    assert!(matches!(&fell, Err(AskError::ActorDied { reason: ExitReason::Hung, .. })), "{fell:?}");
    assert_eq!(answered, 20);
    assert!(!proc::runs(pid));
    assert_eq!(spinner.add(1).timeout(SOON).await?, 1);
    Ok(())
}

#[pulsar::test]
async fn a_thread_that_never_yields_is_left_behind() -> Result<()> {
    let spinner = Probe::new().on(Kind::Thread).with(|params| params.timeout = Duration::from_secs(1)).spawn().await?;
    let sleeper = spinner.clone();
    let began = Instant::now();
    let blocked = tokio::task::spawn_local(async move { sleeper.block(15_000).timeout(SOON).await });
    // Its successor has a mailbox of its own, while the old thread still sleeps.
    until("it is replaced", SOON, async || spinner.place().await.is_ok_and(|(_, incarnation)| incarnation == 2)).await;
    assert!(began.elapsed() < Duration::from_secs(14), "{:?}", began.elapsed());
    assert_eq!(spinner.add(1).await?, 1);
    drop(blocked);
    Ok(())
}
