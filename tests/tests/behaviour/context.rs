//! What a handler is given: deferred answers, tasks beside it, timers, the executor, and who is running.

use std::time::{Duration, Instant};

use pulsar::{AskError, command::run, prelude::*};
use pulsar_tests::{
    Log, SOON,
    actors::{Homebody, Probe, burst_beside, sum},
    for_each_kind, until,
};

/// Waits until nothing more is written, and fails if that does not come.
async fn quiet(log: &Log) {
    let mut before = usize::MAX;
    until("the tasks have ended", SOON, async || {
        let now = log.lines().len();
        tokio::time::sleep(Duration::from_millis(200)).await;
        std::mem::replace(&mut before, now) == now
    })
    .await;
}

/// How often a line was written.
fn count(log: &Log, what: &str) -> usize {
    log.lines().iter().filter(|line| *line == what).count()
}

for_each_kind! {
    async fn a_deferred_answer_holds_nothing_up(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).spawn().await?;
        let began = Instant::now();
        let later = tokio::task::spawn_local({
            let probe = probe.clone();
            async move { probe.later(3_000).await }
        });
        until("it is under way", SOON, async || probe.info().await.is_ok_and(|info| info.mailbox.in_flight > 0)).await;
        assert_eq!(probe.add(1).await?, 1);
        assert!(began.elapsed() < Duration::from_millis(2_900), "{:?}", began.elapsed());
        assert_eq!(later.await?, Ok(3_000));
        Ok(())
    }

    async fn a_deferred_answer_ends_with_the_incarnation(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).spawn().await?;
        let later = tokio::task::spawn_local({
            let probe = probe.clone();
            async move { probe.later(30_000).timeout(SOON).await }
        });
        until("it is under way", SOON, async || probe.info().await.is_ok_and(|info| info.mailbox.in_flight > 0)).await;
        probe.send(run(burst_beside())).tell().await?;
        let later = later.await?;
        assert!(matches!(&later, Err(AskError::ActorDied { reason: ExitReason::Panic { .. }, .. })), "{later:?}");
        Ok(())
    }

    async fn tasks_and_timers_end_with_the_incarnation(kind: Kind) -> Result<()> {
        let log = Log::new();
        let probe = Probe::new().on(kind).spawn().await?;
        probe.begin_tasks(log.path()).await?;
        until("all three run", SOON, async || {
            count(&log, "local") > 2 && count(&log, "every") > 2 && count(&log, "after") == 1
        }).await;
        // They run beside a handler that waits.
        let before = (count(&log, "local"), count(&log, "every"));
        probe.rest(200).await?;
        assert!(count(&log, "local") > before.0 && count(&log, "every") > before.1);
        let burst = probe.burst().await;
        assert!(burst.is_err());
        quiet(&log).await;
        // The next incarnation does not inherit them; its own end when it is stopped.
        assert_eq!(probe.add(1).await?, 1);
        probe.begin_tasks(log.path()).await?;
        until("they run again", SOON, async || count(&log, "after") == 2).await;
        probe.stop().await?;
        quiet(&log).await;
        Ok(())
    }

    async fn the_executor_computes_off_the_loop(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).spawn().await?;
        assert_eq!(probe.compute(1000).await?, (500_500, true));
        let bad = probe.compute_badly().await?;
        assert!(bad.contains("the sum is off"), "{bad}");
        assert_eq!(probe.add(1).await?, 1, "the actor lives on");
        Ok(())
    }

    async fn current_is_whoever_runs(kind: Kind) -> Result<()> {
        let one = Probe::new().named("one").on(kind).spawn().await?;
        let two = Probe::new().named("two").on(kind).spawn().await?;
        let name = || current().map(|actor| actor.name());
        assert_eq!(name().as_deref(), Some("main"));
        // Interleaved on whatever loops they share.
        let answers = futures_util::future::join_all((0..20).map(|n| if n % 2 == 0 { one.who_runs() } else { two.who_runs() })).await;
        for (n, answer) in answers.into_iter().enumerate() {
            assert_eq!(answer?.as_deref(), Some(if n % 2 == 0 { "one" } else { "two" }));
        }
        assert_eq!(name().as_deref(), Some("main"));
        assert_eq!(one.send(sum(0, 0)).await?.0, "one");
        assert_eq!(std::thread::spawn(|| current().is_none()).join().ok(), Some(true));
        Ok(())
    }

    async fn a_handler_may_hold_what_is_not_send(kind: Kind) -> Result<()> {
        let homebody = Homebody::new().on(kind).spawn().await?;
        assert_eq!(homebody.keep(3).await?, 3);
        Ok(())
    }

    async fn the_sender_is_known(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).spawn().await?;
        let main = current().expect("main is an actor").id();
        assert_eq!(probe.sender().await?, main);
        let other = Probe::new().on(kind).spawn().await?;
        assert_eq!(other.sender_as_seen_by(probe.clone()).await?, other.id());
        Ok(())
    }

    async fn stop_from_within_is_a_normal_end(kind: Kind) -> Result<()> {
        // A permanent actor comes back, a transient one does not.
        let permanent = Probe::new().on(kind).spawn().await?;
        permanent.add(3).await?;
        permanent.finish().await?;
        until("it is back", SOON, async || permanent.place().await.is_ok_and(|(_, incarnation)| incarnation == 2)).await;
        assert_eq!(permanent.add(1).await?, 1);
        let transient = Probe::new().named("transient").on(kind).with(|params| params.restart = Restart::Transient).spawn().await?;
        transient.finish().await?;
        until("it is gone", SOON, async || find("transient").await.is_err()).await;
        Ok(())
    }
}
