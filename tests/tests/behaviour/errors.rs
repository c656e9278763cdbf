//! Every ask ends: with a reply, the command's own error, or a typed failure that says what happened.

use std::time::{Duration, Instant};

use pulsar::Started;
use pulsar::{AskError, ErrorText, SpawnError, command::echo, prelude::*};
use pulsar_tests::{
    AFTER_A_PANIC, AT_ONCE, Log, SOON,
    actors::{How, Probe, ProbeProxy, Refusal, Starter, StarterProxy, sum},
    for_each_kind, proc, until,
};

/// What a request failed with, and how long it took.
async fn failure<T: std::fmt::Debug, E>(
    request: impl Future<Output = Result<T, AskError<E>>>,
) -> (AskError<E>, Duration) {
    let began = Instant::now();
    match request.await {
        Ok(value) => panic!("answered: {value:?}"),
        Err(error) => (error, began.elapsed()),
    }
}

for_each_kind! {
    async fn a_commands_own_error_keeps_its_type(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).spawn().await?;
        let refused = probe.refuse(7).await;
        assert_eq!(refused, Err(AskError::Command(Refusal { code: 7, text: "refused".into() })));
        let stumbled = probe.stumble().await;
        assert_eq!(stumbled, Err(AskError::Command(ErrorText::from(Error::msg("the disk is full")))));
        assert_eq!(probe.add(1).await?, 1);
        Ok(())
    }

    async fn a_panic_fails_what_it_handled_and_what_waited(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).spawn().await?;
        let began = Instant::now();
        let ended = async |n| {
            let outcome = probe.add(n).await;
            (outcome, Instant::now())
        };
        let burst = async { (probe.burst().await, Instant::now()) };
        let ((burst, heard), (first, of_first), (second, of_second)) =
            futures_util::future::join3(burst, ended(1), ended(1)).await;
        assert!(heard - began < AFTER_A_PANIC, "{:?}", heard - began);
        // Once it is known to be dead, nobody waits.
        for (outcome, at) in [(&first, of_first), (&second, of_second)] {
            let late = at.saturating_duration_since(heard);
            assert!(outcome.is_ok() || late < AT_ONCE, "{late:?}");
        }
        match burst {
            Err(AskError::ActorDied { reason: ExitReason::Panic { message, .. }, started }) => {
                assert!(message.contains("burst, as asked"), "{message}");
                assert!(started == Started::Yes || kind == Kind::Process && started == Started::Unknown, "{started:?}");
            }
            other => panic!("{other:?}"),
        }
        // What waited behind it died with the incarnation, or came to the next one.
        let mut in_next = 0;
        for other in [first, second] {
            match other {
                Err(AskError::ActorDied { reason: ExitReason::Panic { .. }, started }) => {
                    assert!(started != Started::Yes, "it was never begun");
                }
                // Sent when the panic was over already.
                Ok(total) => in_next = total,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(probe.add(5).await?, in_next + 5, "the next incarnation begins anew");
        assert_eq!(probe.info().await?.actor.restarts, 1);
        Ok(())
    }

    async fn whoever_asks_the_dying_from_elsewhere_hears_why(kind: Kind) -> Result<()> {
        let victim = Probe::new().named("victim").on(kind).spawn().await?;
        for from in [Kind::Process, Kind::Thread, Kind::Task] {
            let asker = Probe::new().on(from).spawn().await?;
            assert!(asker.ask_other(victim.clone(), 1).await? > 0);
            // One in that process waits for an answer when the victim dies.
            let begun = victim.add(0).await?;
            let (asked, burst) = futures_util::future::join(
                asker.have_rest(victim.clone(), 30_000, "/dev/null"),
                async {
                    until("it rests", SOON, async || victim.info().await.is_ok_and(|info| info.mailbox.in_flight > 0)).await;
                    send("arbiter", command::ping()).await?;
                    let began = Instant::now();
                    end(&victim, kind).await;
                    Ok::<_, Error>(began)
                },
            ).await;
            let took = burst?.elapsed();
            assert!(begun > 0);
            match asked {
                Err(AskError::Command(text)) => assert!(text.to_string().contains("died"), "{text}"),
                other => panic!("{from}: {other:?}"),
            }
            assert!(took < AFTER_A_PANIC, "{from}: {took:?}");
            until("it is back", SOON, async || victim.add(1).await.is_ok()).await;
        }
        Ok(())
    }

    async fn a_timeout_says_how_long(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).spawn().await?;
        let (error, took) = failure(probe.rest(30_000).timeout(Duration::from_millis(100))).await;
        assert!(matches!(error, AskError::Timeout { after } if after >= Duration::from_millis(100)), "{error:?}");
        assert!(took >= Duration::from_millis(100) && took < Duration::from_secs(2), "{took:?}");
        // A handler that holds its loop cannot keep its caller.
        let other = Probe::new().on(if kind == Kind::Task { Kind::Thread } else { kind }).spawn().await?;
        let (error, took) = failure(other.block(4_000).timeout(Duration::from_millis(100))).await;
        assert!(matches!(error, AskError::Timeout { .. }), "{error:?}");
        assert!(took < Duration::from_millis(3_900), "{took:?}");
        Ok(())
    }

    async fn the_deadline_is_five_seconds(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).spawn().await?;
        let left = probe.time_left().await?.expect("an ask has a deadline");
        assert!((3000..=5000).contains(&left), "{left}");
        Ok(())
    }

    async fn an_actor_that_asks_itself_is_told(kind: Kind) -> Result<()> {
        let probe = Probe::new().named("probe").on(kind).spawn().await?;
        assert_eq!(probe.ask_itself().await?, "Err(SelfCall)");
        let by_name = probe.ask_by_name("probe").await?;
        assert_eq!(by_name, "pong", "the control lane answers it");
        probe.tell_itself().await?;
        until("it has told itself", SOON, async || probe.add(0).await == Ok(100)).await;
        assert_eq!(probe.ask_itself_later().await?, 107);
        Ok(())
    }

    async fn a_full_mailbox_is_said_only_by_try_tell(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).with(|params| params.mailbox = 2).spawn().await?;
        let busy = tokio::task::spawn_local({
            let probe = probe.clone();
            async move { probe.rest(600).await }
        });
        until("it rests", SOON, async || probe.info().await.is_ok_and(|info| info.mailbox.in_flight > 0)).await;
        let mut accepted = 0;
        let refused = loop {
            match probe.note(1).try_tell() {
                Ok(()) => accepted += 1,
                Err(error) => break error,
            }
            assert!(accepted < 10, "the mailbox has no bound");
        };
        assert_eq!(refused, AskError::Full);
        assert!((1..=2).contains(&accepted), "{accepted}");
        // `tell` waits for room.
        probe.note(2).tell().await?;
        assert_eq!(busy.await?, Ok(600));
        let mut expected = vec![600];
        expected.extend(std::iter::repeat_n(1, accepted));
        expected.push(2);
        assert_eq!(probe.noted().await?, expected);
        Ok(())
    }

    async fn a_proxy_of_another_type_is_refused(kind: Kind) -> Result<()> {
        let probe = Probe::new().named("probe").on(kind).spawn().await?;
        // The bytes of one proxy read as another's: types that do not fit.
        let wrong: StarterProxy = pulsar::message::decode(&pulsar::message::encode(&probe)?)?;
        let error = wrong.incarnation().await.err();
        assert!(matches!(error, Some(AskError::Schema(_) | AskError::UnknownCommand { .. })), "{error:?}");
        assert_eq!(wrong.ping().await?, "pong");
        assert_eq!(probe.add(1).await?, 1);
        Ok(())
    }

    async fn an_ask_of_one_that_stops_ends(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).with(|params| params.shutdown = Duration::from_millis(500)).spawn().await?;
        let waiting = tokio::task::spawn_local({
            let probe = probe.clone();
            async move { futures_util::future::join(probe.rest(30_000).timeout(SOON), probe.add(1).timeout(SOON)).await }
        });
        until("it rests", SOON, async || probe.info().await.is_ok_and(|info| info.mailbox.in_flight > 0)).await;
        probe.stop().await?;
        let (running, queued) = waiting.await?;
        for outcome in [running, queued] {
            assert!(matches!(&outcome, Err(AskError::ActorDied { reason: ExitReason::Shutdown, .. })), "{outcome:?}");
        }
        let after = probe.add(1).await;
        assert!(matches!(&after, Err(AskError::ActorDied { reason: ExitReason::Shutdown, started: Started::No })), "{after:?}");
        Ok(())
    }

    async fn a_running_handler_may_finish_before_the_stop(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).spawn().await?;
        let waiting = tokio::task::spawn_local({
            let probe = probe.clone();
            async move { probe.rest(300).await }
        });
        until("it rests", SOON, async || probe.info().await.is_ok_and(|info| info.mailbox.in_flight > 0)).await;
        probe.stop().await?;
        assert_eq!(waiting.await?, Ok(300));
        Ok(())
    }

    async fn a_start_that_fails_fails_the_spawn(kind: Kind) -> Result<()> {
        let log = Log::new();
        let failed = Starter::new(How::Failing("no forks left".into()), log.path()).named("starter").on(kind).spawn().await;
        match failed.err() {
            Some(SpawnError::Failed { reason: ExitReason::StartFailed(text) }) => assert_eq!(text, "no forks left"),
            other => panic!("{other:?}"),
        }
        let failed = Starter::new(How::Bursting, log.path()).on(kind).spawn().await;
        match failed.err() {
            Some(SpawnError::Failed { reason: ExitReason::Panic { message, .. } }) => {
                assert!(message.contains("burst in start"), "{message}");
            }
            other => panic!("{other:?}"),
        }
        // Neither was tried again, and the name is free.
        assert_eq!(log.lines(), ["start 1", "start 1"]);
        Probe::new().named("starter").on(kind).spawn().await?;
        Ok(())
    }

    async fn a_start_that_takes_too_long_is_ended(kind: Kind) -> Result<()> {
        let log = Log::new();
        let began = Instant::now();
        let failed = Starter::new(How::Never, log.path()).named("starter").on(kind)
            .with(|params| params.start_timeout = Duration::from_millis(300)).spawn().await;
        match failed.err() {
            Some(SpawnError::Failed { reason: ExitReason::StartFailed(text) }) => assert!(text.contains("300ms"), "{text}"),
            other => panic!("{other:?}"),
        }
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        assert!(find("starter").await.is_err());
        Ok(())
    }

    async fn values_of_every_size_come_back(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).spawn().await?;
        for size in [0, 1, 125, 126, 65_535, 65_536, 200_000] {
            let text = "x".repeat(size);
            assert_eq!(probe.send(echo(text.clone())).await?.len(), size);
        }
        assert_eq!(probe.send(sum(i64::MIN, 1)).await?.1, i64::MIN + 1);
        Ok(())
    }

    async fn a_plain_thread_may_ask(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(if kind == Kind::Task { Kind::Thread } else { kind }).spawn().await?;
        let other = probe.clone();
        let asked = tokio::task::spawn_blocking(move || {
            let first = other.add(2).wait();
            let late = other.rest(30_000).timeout(Duration::from_millis(100)).wait();
            (first, late)
        }).await?;
        assert_eq!(asked.0, Ok(2));
        assert!(matches!(asked.1, Err(AskError::Timeout { .. })), "{:?}", asked.1);
        Ok(())
    }
}

/// Ends an actor from outside, as hard as its kind allows.
async fn end(victim: &ProbeProxy, kind: Kind) {
    let place = victim.info().await.expect("it answers").actor.pid;
    match kind {
        Kind::Process => assert!(proc::signal(place, proc::Signal::KILL)),
        // Its own task bursts while the handler waits.
        Kind::Thread | Kind::Task => {
            let _ = victim.send(command::run(pulsar_tests::actors::burst_beside())).tell().await;
        }
    }
}

#[pulsar::test]
async fn each_end_of_a_process_has_its_own_reason() -> Result<()> {
    let probe = Probe::new().with(|params| params.intensity = None).spawn().await?;
    let reason = |error: AskError| match error {
        AskError::ActorDied { reason, .. } => reason,
        other => panic!("{other:?}"),
    };
    let back = async || until("it is back", SOON, async || probe.add(0).await.is_ok()).await;

    let (error, took) = failure(probe.leave(3)).await;
    assert_eq!(reason(error), ExitReason::Code(3));
    assert!(took < AT_ONCE, "{took:?}");
    back().await;
    let (error, took) = failure(probe.leave(0)).await;
    assert_eq!(reason(error), ExitReason::Code(0));
    assert!(took < AT_ONCE, "{took:?}");
    back().await;
    let (error, took) = failure(probe.abort()).await;
    assert!(matches!(reason(error), ExitReason::Signal { number: 6, .. }));
    assert!(took < AT_ONCE, "{took:?}");
    back().await;
    let (error, took) = failure(probe.burst()).await;
    assert!(matches!(reason(error), ExitReason::Panic { .. }));
    assert!(took < AFTER_A_PANIC, "{took:?}");
    back().await;
    let pid = probe.place().await?.0;
    let (failed, began) = futures_util::future::join(failure(probe.rest(30_000).timeout(SOON)), async {
        until("it rests", SOON, async || probe.info().await.is_ok_and(|info| info.mailbox.in_flight > 0)).await;
        assert!(proc::signal(pid, proc::Signal::KILL));
        Instant::now()
    })
    .await;
    assert_eq!(reason(failed.0), ExitReason::Signal { number: 9, core: false });
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    back().await;
    let (error, _) = failure(probe.overflow()).await;
    assert_eq!(reason(error), ExitReason::StackOverflow);
    Ok(())
}

#[pulsar::test]
async fn a_process_that_dies_in_start_fails_the_spawn() -> Result<()> {
    let log = Log::new();
    let spawn = async |how: How| {
        let spawned = Starter::new(how, log.path()).with(|params| params.start_timeout = Duration::from_secs(1));
        match spawned.spawn().await.err() {
            Some(SpawnError::Failed { reason }) => reason,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(spawn(How::Leaving(3)).await, ExitReason::Code(3));
    assert!(matches!(spawn(How::Aborting).await, ExitReason::Signal { number: 6, .. }));
    let began = Instant::now();
    assert!(matches!(spawn(How::Stuck).await, ExitReason::StartFailed(_)));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let left = proc::children(std::process::id());
    assert!(left.is_empty(), "no child is left: {left:?}");
    Ok(())
}

#[pulsar::test]
async fn an_abort_hurts_nobody_else() -> Result<()> {
    let victim = Probe::new().spawn().await?;
    let mut others = Vec::new();
    for kind in [Kind::Process, Kind::Thread, Kind::Task] {
        others.push(Probe::new().on(kind).spawn().await?);
    }
    let (aborted, answers) = futures_util::future::join(victim.abort(), async {
        let mut answers = Vec::new();
        for round in 1..=50 {
            for other in &others {
                answers.push(other.add(1).await? == round);
            }
        }
        Ok::<_, Error>(answers)
    })
    .await;
    assert!(matches!(aborted, Err(AskError::ActorDied { .. })), "{aborted:?}");
    assert!(answers?.into_iter().all(|right| right));
    Ok(())
}
