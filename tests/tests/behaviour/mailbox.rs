//! The mailbox: bounded for everyone, in order for each, and of one incarnation. The control lane is beside it.

use std::time::{Duration, Instant};

use pulsar::{
    AskError,
    command::{config_get, echo, ping, run},
    prelude::*,
};
use pulsar_tests::{
    AFTER_A_PANIC, Log, SOON,
    actors::{How, Probe, ProbeProxy, Starter, sum},
    for_each_kind, until,
};

async fn busy(probe: &ProbeProxy) {
    until("its handler runs", SOON, async || probe.info().await.is_ok_and(|info| info.mailbox.in_flight > 0)).await;
}

/// Has a handler rest, in the background.
async fn occupy(probe: &ProbeProxy, millis: u64) -> tokio::task::JoinHandle<Result<u64, AskError>> {
    let other = probe.clone();
    let resting = tokio::task::spawn_local(async move { other.rest(millis).timeout(SOON).await });
    busy(probe).await;
    resting
}

for_each_kind! {
    async fn the_control_lane_passes_a_full_mailbox(kind: Kind) -> Result<()> {
        let probe = Probe::new().named("probe").on(kind).with(|params| params.mailbox = 2).spawn().await?;
        let resting = occupy(&probe, 15_000).await;
        while probe.note(1).try_tell().is_ok() {}
        let began = Instant::now();
        assert_eq!(probe.ping().await?, "pong");
        assert_eq!(probe.send(echo(1)).await?, 1);
        assert_eq!(probe.send(config_get("mailbox")).await?, "2");
        assert_eq!(probe.send(run(sum(1, 1))).await?, ("probe".to_string(), 2));
        let info = probe.info().await?;
        assert!(info.mailbox.depth >= 1, "{:?}", info.mailbox);
        assert_eq!(info.mailbox.in_flight, 1);
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        drop(resting);
        probe.kill().await?;
        assert!(began.elapsed() < Duration::from_secs(14), "the handler was not waited for: {:?}", began.elapsed());
        Ok(())
    }

    async fn a_busy_actor_shows_its_last_info(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).spawn().await?;
        probe.add(5).await?;
        let info = probe.info().await?;
        assert_eq!(info.extra("total"), Some("5"));
        assert!(info.extra_age < Duration::from_secs(1), "{:?}", info.extra_age);
        probe.add(1).await?;
        let resting = occupy(&probe, 500).await;
        until("the part is old", SOON, async || probe.info().await.is_ok_and(|info| info.extra_age > Duration::from_millis(100))).await;
        let info = probe.info().await?;
        assert!(matches!(info.extra("total"), Some("5" | "6")), "{info}");
        assert_eq!(resting.await?, Ok(500));
        let info = probe.info().await?;
        assert_eq!(info.extra("total"), Some("6"));
        assert!(info.mailbox.handled >= 3, "{info}");
        Ok(())
    }

    async fn order_is_kept_also_when_room_was_waited_for(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).with(|params| params.mailbox = 3).spawn().await?;
        for n in 0..200 {
            probe.note(n).tell().await?;
        }
        assert_eq!(probe.noted().await?, (0..200).collect::<Vec<_>>());
        // Several at once, awaited together: in the order in which they were begun.
        let probe = Probe::new().on(kind).with(|params| params.mailbox = 3).spawn().await?;
        let resting = occupy(&probe, 200).await;
        let outcomes = futures_util::future::join_all((0..50).map(|n| probe.note(n).tell())).await;
        assert!(outcomes.into_iter().all(|outcome| outcome.is_ok()));
        assert_eq!(resting.await?, Ok(200));
        let mut seen = probe.noted().await?;
        seen.retain(|&n| n != 200);
        assert_eq!(seen, (0..50).collect::<Vec<_>>());
        Ok(())
    }

    async fn order_is_kept_from_every_kind_of_sender(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).with(|params| params.mailbox = 5).spawn().await?;
        for from in [Kind::Process, Kind::Thread, Kind::Task] {
            let sender = Probe::new().on(from).spawn().await?;
            let before = probe.noted().await?.len();
            sender.flood(probe.clone(), 300).timeout(SOON).await?;
            until("all have come", SOON, async || probe.noted().await.is_ok_and(|seen| seen.len() == before + 300)).await;
            assert_eq!(probe.noted().await?[before..], (0..300).collect::<Vec<_>>()[..], "{from}");
        }
        Ok(())
    }

    async fn a_tell_waits_for_room_within_its_deadline(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).with(|params| params.mailbox = 1).spawn().await?;
        let resting = occupy(&probe, 3_000).await;
        while probe.note(1).try_tell().is_ok() {}
        let began = Instant::now();
        let late = probe.note(2).timeout(Duration::from_millis(100)).tell().await;
        assert!(matches!(late, Err(AskError::Timeout { .. })), "{late:?}");
        assert!(began.elapsed() < Duration::from_millis(2_900), "{:?}", began.elapsed());
        probe.note(3).tell().await?;
        assert_eq!(resting.await?, Ok(3_000));
        let seen = probe.noted().await?;
        assert!(seen.contains(&3) && !seen.contains(&2), "{seen:?}");
        Ok(())
    }

    async fn who_gives_up_its_place_lets_the_next_in(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).with(|params| params.mailbox = 1).spawn().await?;
        let resting = occupy(&probe, 400).await;
        while probe.note(1).try_tell().is_ok() {}
        let mut waiting: Vec<_> = (10..20).map(|n| Box::pin(probe.note(n).tell())).collect();
        for tell in &mut waiting {
            assert!(futures_util::future::poll_immediate(tell.as_mut()).await.is_none());
        }
        // Every other one goes away.
        let mut n = 0;
        waiting.retain(|_| { n += 1; n % 2 == 0 });
        let outcomes = futures_util::future::join_all(waiting).await;
        assert!(outcomes.into_iter().all(|outcome| outcome.is_ok()));
        assert_eq!(resting.await?, Ok(400));
        let mut seen = probe.noted().await?;
        seen.retain(|&n| (10..20).contains(&n));
        assert_eq!(seen, [11, 13, 15, 17, 19]);
        Ok(())
    }

    async fn what_was_accepted_dies_with_the_incarnation(kind: Kind) -> Result<()> {
        let log = Log::new();
        let probe = Probe::new().on(kind).spawn().await?;
        let resting = occupy(&probe, 10_000).await;
        for n in 0..10 {
            probe.mark(log.path(), n).tell().await?;
        }
        let waiting: Vec<_> = (100..105).map(|n| {
            let (probe, path) = (probe.clone(), log.path());
            tokio::task::spawn_local(async move { probe.mark(path, n).timeout(SOON).await })
        }).collect();
        let before = probe.info().await?.actor.incarnation;
        until("they wait", SOON, async || probe.info().await.is_ok_and(|info| info.mailbox.depth >= 15)).await;
        let began = Instant::now();
        probe.send(run(pulsar_tests::actors::burst_beside())).tell().await?;
        for ask in waiting {
            let outcome = ask.await?;
            assert!(matches!(&outcome, Err(AskError::ActorDied { reason: ExitReason::Panic { .. }, .. })), "{outcome:?}");
        }
        let rested = resting.await?;
        assert!(matches!(&rested, Err(AskError::ActorDied { .. })), "{rested:?}");
        assert!(began.elapsed() < AFTER_A_PANIC, "{:?}", began.elapsed());
        until("it is back", SOON, async || probe.place().await.is_ok_and(|(_, incarnation)| incarnation > before)).await;
        assert_eq!(log.lines(), Vec::<String>::new(), "nothing that was accepted was handled");
        Ok(())
    }

    async fn who_waits_for_room_goes_on_to_the_next_incarnation(kind: Kind) -> Result<()> {
        let log = Log::new();
        let probe = Probe::new().on(kind).with(|params| params.mailbox = 2).spawn().await?;
        let resting = occupy(&probe, 5_000).await;
        let mut accepted = 0;
        while probe.mark(log.path(), 1).try_tell().is_ok() {
            accepted += 1;
        }
        assert!((1..=2).contains(&accepted), "{accepted}");
        let waiting: Vec<_> = (10..15).map(|n| {
            let (probe, path) = (probe.clone(), log.path());
            tokio::task::spawn_local(async move { probe.mark(path, n).timeout(SOON).await })
        }).collect();
        tokio::task::yield_now().await;
        probe.send(run(pulsar_tests::actors::burst_beside())).tell().await?;
        for (n, ask) in (10..15).zip(waiting) {
            assert_eq!(ask.await?, Ok(n));
        }
        assert!(resting.await?.is_err());
        assert_eq!(log.lines(), ["10", "11", "12", "13", "14"]);
        Ok(())
    }

    async fn who_sends_during_a_restart_waits_for_it(kind: Kind) -> Result<()> {
        let log = Log::new();
        let starter = Starter::new(How::After(200), log.path()).on(kind).spawn().await?;
        let burst = starter.burst().await;
        assert!(matches!(burst, Err(AskError::ActorDied { .. })), "{burst:?}");
        // It starts again, and answers when it is ready.
        assert_eq!(starter.incarnation().timeout(SOON).await?, 2);
        assert_eq!(log.lines().iter().filter(|line| line.starts_with("started")).count(), 2);
        Ok(())
    }

    async fn a_thousand_asks_at_once_each_get_their_own(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).with(|params| params.mailbox = 16).spawn().await?;
        let log = Log::new();
        let answers = futures_util::future::join_all((0..1000).map(|n| {
            let path = if n % 100 == 0 { log.path() } else { "/dev/null".into() };
            probe.mark(path, n).timeout(SOON)
        })).await;
        for (n, answer) in (0..).zip(answers) {
            assert_eq!(answer, Ok(n));
        }
        assert_eq!(log.lines().len(), 10);
        Ok(())
    }
}

#[pulsar::test]
async fn the_window_bounds_what_is_under_way_to_a_process() -> Result<()> {
    // As many as the mailbox holds, and never more than 256.
    for (mailbox, window) in [(10, 10), (1024, 256)] {
        let probe = Probe::new().with(|params| params.mailbox = mailbox).spawn().await?;
        let resting = occupy(&probe, 1000).await;
        let mut accepted = 0;
        while probe.note(1).try_tell().is_ok() {
            accepted += 1;
            assert!(accepted <= 2 * window, "the window has no bound");
        }
        // The one that is being handled may still count.
        assert!((window - 1..=window).contains(&accepted), "mailbox {mailbox}: {accepted}");
        probe.ping().await?;
        assert_eq!(resting.await?, Ok(1000));
        until("room is given back", SOON, async || probe.note(2).try_tell().is_ok()).await;
    }
    Ok(())
}

#[pulsar::test]
async fn a_local_mailbox_holds_what_it_says() -> Result<()> {
    for mailbox in [1, 10, 1000] {
        let probe = Probe::new().on(Kind::Thread).with(|params| params.mailbox = mailbox).spawn().await?;
        let resting = occupy(&probe, 300).await;
        let mut accepted = 0;
        while probe.note(1).try_tell().is_ok() {
            accepted += 1;
        }
        assert_eq!(accepted, mailbox);
        assert_eq!(resting.await?, Ok(300));
    }
    // One that is being restarted has no room, and says so.
    assert!(matches!(send("nobody", ping()).try_tell(), Err(AskError::Full | AskError::UnknownActor { .. })));
    Ok(())
}
