//! Stopping and killing one actor: bounded, for good, and heard by whoever waits.

use std::time::{Duration, Instant};

use pulsar::{AskError, prelude::*};
use pulsar_tests::{
    Log, SOON,
    actors::{How, Probe, Starter, Stubborn},
    for_each_kind, proc, until,
};

for_each_kind! {
    async fn a_kill_waits_for_nothing(kind: Kind) -> Result<()> {
        let log = Log::new();
        let stubborn = Stubborn::new(log.path()).named("stubborn").on(kind).spawn().await?;
        let pid = stubborn.place().await?;
        let began = Instant::now();
        stubborn.kill().await?;
        assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
        assert!(find("stubborn").await.is_err());
        assert_eq!(proc::runs(pid), kind != Kind::Process);
        stubborn.kill().await?;
        Ok(())
    }

    async fn several_may_wait_for_one_stop(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).spawn().await?;
        let stops = futures_util::future::join_all((0..5).map(|_| probe.stop())).await;
        assert!(stops.iter().all(Result::is_ok), "{stops:?}");
        Ok(())
    }

    async fn one_that_is_starting_can_be_stopped(kind: Kind) -> Result<()> {
        let log = Log::new();
        let spawning = tokio::task::spawn_local(Starter::new(How::Never, log.path()).named("starter").on(kind).spawn());
        until("it starts", SOON, async || !log.lines().is_empty()).await;
        let began = Instant::now();
        find("starter").await?.kill().await?;
        let spawned = spawning.await?;
        assert!(spawned.is_err(), "{spawned:?}");
        assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
        assert!(find("starter").await.is_err());
        Ok(())
    }

    async fn an_actor_may_stop_itself_and_another(kind: Kind) -> Result<()> {
        let one = Probe::new().named("one").on(kind).spawn().await?;
        let two = Probe::new().named("two").on(kind).spawn().await?;
        one.stop_other("two".to_string()).await?;
        assert!(find("two").await.is_err());
        assert!(matches!(two.add(1).await, Err(AskError::ActorDied { reason: ExitReason::Shutdown, .. })));
        one.send(command::stop()).await?;
        until("it is gone", SOON, async || find("one").await.is_err()).await;
        Ok(())
    }
}

#[pulsar::test]
async fn a_process_deaf_to_everything_is_killed() -> Result<()> {
    let probe = Probe::new().with(|params| params.shutdown = Duration::from_millis(500)).spawn().await?;
    let pid = probe.place().await?.0;
    probe.fall_silent().tell().await?;
    let began = Instant::now();
    probe.stop().await?;
    assert!(!proc::runs(pid));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    // So is one that stands still.
    let probe = Probe::new().with(|params| params.shutdown = Duration::from_millis(500)).spawn().await?;
    let pid = probe.place().await?.0;
    proc::stand_still(pid);
    let began = Instant::now();
    probe.stop().await?;
    assert!(!proc::runs(pid));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    Ok(())
}

#[pulsar::test]
async fn what_an_actor_started_goes_with_it() -> Result<()> {
    let probe = Probe::new().spawn().await?;
    let pid = probe.place().await?.0;
    let grandchild = probe.start_program("sleep", "300").await?;
    assert!(proc::runs(grandchild));
    assert!(proc::signal(pid, proc::Signal::KILL));
    until("the grandchild is gone", SOON, async || !proc::runs(grandchild)).await;
    // A grandchild that keeps what it inherited open delays the news of a death by nothing.
    until("it is back", SOON, async || probe.add(0).await.is_ok()).await;
    let _grandchild = probe.start_program("sleep", "300").await?;
    let began = Instant::now();
    let gone = probe.leave(3).await;
    assert!(matches!(gone, Err(AskError::ActorDied { reason: ExitReason::Code(3), .. })), "{gone:?}");
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    Ok(())
}
