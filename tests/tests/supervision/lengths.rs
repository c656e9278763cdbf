//! Times of any length, settings that make no sense, actors that were given up, and work that outlives its actor.

use std::time::{Duration, Instant};

use pulsar::{
    AskError,
    command::{config_get, config_set},
    prelude::*,
};
use pulsar_tests::{
    Log, SOON,
    actors::{Probe, ProbeProxy},
    for_each_kind,
    trials::Trial,
    until,
};

/// Has it burst until its restart budget is spent.
async fn park(probe: &ProbeProxy) {
    until("it is given up", SOON, async || {
        let _ = probe.burst().timeout(SOON).await;
        matches!(probe.add(0).timeout(SOON).await, Err(AskError::ActorDied { .. }))
    })
    .await;
}

for_each_kind! {
    async fn no_length_of_time_is_too_long(kind: Kind) -> Result<()> {
        let neighbour = Probe::new().on(kind).spawn().await?;
        let mut left = Vec::new();
        for length in [Duration::MAX, Duration::from_secs(u64::MAX / 2), Duration::from_secs(u64::from(u32::MAX))] {
            let probe = Probe::new().on(kind).shutdown(length).timeout(length).start_timeout(length);
            let probe = probe.with(|params| params.intensity = Some((5, length))).spawn().await?;
            assert_eq!(probe.add(1).timeout(length).await?, 1);
            probe.note(1).timeout(length).tell().await?;
            assert!(probe.burst().await.is_err());
            assert_eq!(probe.add(1).timeout(SOON).await?, 1, "it is started again");
            probe.stop().await?;
            // Each by itself; they live on until the program ends, which must not wait for them.
            left.push(Probe::new().on(kind).shutdown(length).spawn().await?);
            left.push(Probe::new().on(kind).timeout(length).spawn().await?);
            left.push(Probe::new().on(kind).start_timeout(length).spawn().await?);
            left.push(Probe::new().on(kind).with(|params| params.backoff.1 = length).spawn().await?);
        }
        for probe in &left {
            assert_eq!(probe.add(1).await?, 1);
            assert!(probe.burst().await.is_err());
        }
        for probe in &left {
            assert_eq!(probe.add(1).timeout(SOON).await?, 1);
        }
        assert_eq!(send("arbiter", command::ping()).await?, "pong");
        assert_eq!(neighbour.place().await?.1, 1);
        Ok(())
    }

    async fn settings_that_make_no_sense_are_refused(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).spawn().await?;
        for (key, value, least) in
            [("timeout", "0s", "100ms"), ("timeout", "99ms", "100ms"), ("heartbeat", "0ms", "10ms"), ("heartbeat", "9ms", "10ms")]
        {
            let before = probe.send(config_get(key)).await?;
            match probe.send(config_set(key, value)).await {
                Err(AskError::Command(error)) => {
                    let text = error.to_string();
                    assert!(text.contains(&format!("`{key}` must be at least {least}")), "{key} = {value}: {text}");
                }
                other => panic!("{key} = {value}: {other:?}"),
            }
            assert_eq!(probe.send(config_get(key)).await?, before);
        }
        assert_eq!(probe.place().await?.1, 1);
        Ok(())
    }

    async fn settings_of_any_length_harm_nobody(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).spawn().await?;
        for key in ["timeout", "heartbeat"] {
            for value in ["4294967295s", "9223372036854775807s", "18446744073709551615s"] {
                // Accepted or not.
                let _ = probe.send(config_set(key, value)).await;
                assert_eq!(probe.add(0).await?, 0, "{key} = {value}");
            }
        }
        assert_eq!(probe.place().await?.1, 1, "still its first life");
        assert_eq!(send("arbiter", command::ping()).await?, "pong");
        Ok(())
    }

    async fn a_timer_may_never_be_due(kind: Kind) -> Result<()> {
        let trial = Trial::new().on(kind).spawn().await?;
        for length in [Duration::MAX, Duration::from_secs(u64::MAX / 2), Duration::from_secs(u64::from(u32::MAX))] {
            trial.wait_for_ever(length).await?;
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert_eq!(trial.add_one(1).await?, 2, "{length:?}");
        }
        assert_eq!(trial.info().await?.actor.incarnation, 1, "still its first life");
        Ok(())
    }

    async fn one_that_was_given_up_begins_again(kind: Kind) -> Result<()> {
        let probe = Probe::new().named("probe").on(kind).with(|params| {
            params.intensity = Some((1, Duration::from_secs(600)));
            params.backoff = (Duration::from_millis(10), Duration::from_millis(10));
        }).spawn().await?;
        for round in 0..2 {
            park(&probe).await;
            let after = probe.add(1).await;
            assert!(matches!(&after, Err(AskError::ActorDied { reason: ExitReason::GaveUp { .. }, .. })), "{after:?}");
            probe.reset().await?;
            assert_eq!(probe.add(1).timeout(SOON).await?, 1, "round {round}");
            assert_eq!(probe.ping().await?, "pong");
            assert_eq!(find("probe").await?, *probe);
        }
        // Its counters are zeroed: it may fail once more.
        assert!(probe.burst().await.is_err());
        assert_eq!(probe.add(1).timeout(SOON).await?, 1);
        // One that lives is not disturbed.
        let incarnation = probe.place().await?.1;
        probe.reset().await?;
        assert_eq!(probe.place().await?.1, incarnation);
        Ok(())
    }

    async fn an_actor_ends_before_what_it_computes(kind: Kind) -> Result<()> {
        let log = Log::new();
        let trial = Trial::new().named("trial").on(kind).shutdown(Duration::from_secs(50)).spawn().await?;
        trial.compute_for_long(log.path()).await?;
        until("it computes", SOON, async || log.lines() == ["computing"]).await;
        let began = Instant::now();
        trial.stop().await?;
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
        assert!(find("trial").await.is_err());
        // One that goes on computing while the program ends.
        let other = Trial::new().on(kind).shutdown(Duration::from_secs(50)).spawn().await?;
        other.compute_for_long(log.path()).await?;
        until("it computes, too", SOON, async || log.lines().len() == 2).await;
        Ok(())
    }
}
