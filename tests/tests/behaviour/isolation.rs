//! What one actor does wrong is its own affair: nobody else dies, waits without end, or loses its place.

use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use pulsar::{AskError, SpawnError, Started, prelude::*};
use pulsar_tests::{
    Log, SOON,
    actors::{Probe, ProbeProxy},
    for_each_kind, proc,
    trials::{Fault, Faulty, Trial},
    until, until_blocking,
};

/// Waits until its handler runs.
async fn busy(probe: &ProbeProxy) {
    until("its handler runs", SOON, async || probe.info().await.is_ok_and(|info| info.mailbox.in_flight > 0)).await;
}

for_each_kind! {
    async fn the_text_of_a_panic_is_cut(kind: Kind) -> Result<()> {
        let trial = Trial::new().on(kind).spawn().await?;
        let mut others = Vec::new();
        for other in [Kind::Process, Kind::Process, Kind::Thread, Kind::Task] {
            let other = Probe::new().on(other).spawn().await?;
            // They know it, so they hear of its end.
            assert_eq!(other.ask_by_name("main").await?, "pong");
            others.push(other);
        }
        let burst = trial.burst_at_length(3 << 20).timeout(SOON).await;
        match burst {
            Err(AskError::ActorDied { reason: ExitReason::Panic { message, .. }, .. }) => {
                assert!(message.len() < 64 << 10 && message.ends_with("[cut]"), "{} bytes", message.len());
            }
            other => panic!("{other:?}"),
        }
        for other in &others {
            assert_eq!(other.add(1).await?, 1);
            assert_eq!(other.place().await?.1, 1, "it still lives its first life");
        }
        assert_eq!(trial.add_one(1).timeout(SOON).await?, 2);
        Ok(())
    }

    async fn a_kept_request_that_timed_out_holds_no_place(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).with(|params| params.mailbox = 1).spawn().await?;
        let resting = tokio::task::spawn_local({
            let probe = probe.clone();
            async move { probe.rest(1000).timeout(SOON).await }
        });
        busy(&probe).await;
        while probe.note(1).try_tell().is_ok() {}
        let mut told = Box::pin(probe.note(2).timeout(Duration::from_millis(100)).tell());
        let mut asked = Box::pin(probe.add(2).timeout(Duration::from_millis(100)));
        let (told_late, asked_late) = futures_util::future::join(told.as_mut(), asked.as_mut()).await;
        assert!(matches!(told_late, Err(AskError::Timeout { .. })), "{told_late:?}");
        assert!(matches!(asked_late, Err(AskError::Timeout { .. })), "{asked_late:?}");
        // Both are kept, and whoever comes later gets in all the same.
        assert_eq!(probe.add(5).timeout(SOON).await?, 5);
        probe.note(3).timeout(SOON).tell().await?;
        assert_eq!(probe.noted().timeout(SOON).await?.last(), Some(&3));
        assert_eq!(resting.await?, Ok(1000));
        drop((told, asked));
        Ok(())
    }
}

#[pulsar::test]
async fn a_long_panic_harms_no_neighbour_that_waits_for_it() -> Result<()> {
    // All of them have connections to the one that bursts, and two of them live in other processes.
    let victim = Probe::new().named("victim").spawn().await?;
    let trial = Trial::new().spawn().await?;
    let mut others = Vec::new();
    for kind in [Kind::Process, Kind::Process, Kind::Thread] {
        let other = Trial::new().on(kind).spawn().await?;
        assert!(other.pass_on(trial.clone(), false).await?.contains("Unencodable"));
        others.push(other);
    }
    for _ in 0..3 {
        let burst = trial.burst_at_length(3 << 20).timeout(SOON).await;
        assert!(matches!(burst, Err(AskError::ActorDied { reason: ExitReason::Panic { .. }, .. })), "{burst:?}");
        until("it is back", SOON, async || trial.add_one(1).await == Ok(2)).await;
    }
    for other in &others {
        assert_eq!(other.info().await?.actor.incarnation, 1);
        assert_eq!(other.add_one(1).await?, 2);
    }
    assert_eq!(victim.place().await?.1, 1);
    Ok(())
}

#[pulsar::test]
async fn what_cannot_be_written_takes_no_room() -> Result<()> {
    let trial = Trial::new().with(|params| params.mailbox = 1).spawn().await?;
    for round in 0..3 {
        let taken = trial.take(Faulty::new(Fault::Error)).await;
        assert!(matches!(&taken, Err(AskError::Unencodable(text)) if text.contains("as asked")), "{round}: {taken:?}");
    }
    assert_eq!(trial.take(Faulty::new(Fault::None)).await?, 7);
    // A tell has the same room, and says the same.
    for round in 0..3 {
        let told = trial.take(Faulty::new(Fault::Error)).tell().await;
        assert!(matches!(&told, Err(AskError::Unencodable(_))), "{round}: {told:?}");
    }
    assert_eq!(trial.take(Faulty::new(Fault::None)).await?, 7);
    Ok(())
}

#[pulsar::test]
async fn what_bursts_while_it_is_written_takes_no_room() -> Result<()> {
    let trial = Trial::new().with(|params| params.mailbox = 1).spawn().await?;
    for _ in 0..3 {
        let taken = AssertUnwindSafe(trial.take(Faulty::new(Fault::Panic))).catch_unwind().await;
        assert!(taken.is_err(), "{taken:?}");
    }
    assert_eq!(trial.take(Faulty::new(Fault::None)).await?, 7);
    // From another actor, which bursts itself.
    for kind in [Kind::Process, Kind::Thread, Kind::Task] {
        let other = Trial::new().on(kind).spawn().await?;
        for _ in 0..2 {
            let passed = other.pass_on(trial.clone(), true).timeout(SOON).await;
            assert!(
                matches!(&passed, Err(AskError::ActorDied { reason: ExitReason::Panic { .. }, .. })),
                "{kind}: {passed:?}"
            );
            until("it is back", SOON, async || other.add_one(1).await == Ok(2)).await;
        }
        let passed = other.pass_on(trial.clone(), false).timeout(SOON).await?;
        assert!(passed.contains("Unencodable"), "{kind}: {passed}");
    }
    assert_eq!(trial.take(Faulty::new(Fault::None)).await?, 7);
    assert_eq!(trial.info().await?.actor.incarnation, 1);
    Ok(())
}

#[pulsar::test]
async fn an_answer_that_cannot_be_written_is_said() -> Result<()> {
    let trial = Trial::new().spawn().await?;
    for _ in 0..3 {
        let given = trial.give(false).await;
        assert!(matches!(&given, Err(AskError::Unencodable(text)) if text.contains("as asked")), "{given:?}");
    }
    let given = trial.give(true).await;
    assert!(matches!(&given, Err(AskError::ActorDied { .. } | AskError::NoReply)), "{given:?}");
    until("it answers", SOON, async || trial.add_one(1).await == Ok(2)).await;
    Ok(())
}

#[pulsar::test]
async fn a_task_may_be_spawned_from_a_task_of_the_loop() -> Result<()> {
    // Outside the loop's own set of local tasks.
    let spawned = tokio::spawn(Probe::new().named("one").on(Kind::Task).spawn());
    let one = tokio::time::timeout(SOON, spawned).await.map_err(|_| Error::msg("it hangs"))??;
    match &one {
        Ok(one) => assert_eq!(one.add(1).await?, 1),
        Err(error) => assert_eq!(*error, SpawnError::NoLoop),
    }
    let spawned = tokio::task::spawn(async { Probe::new().on(Kind::Task).spawn().await.map(drop) });
    let _ = tokio::time::timeout(SOON, spawned).await.map_err(|_| Error::msg("it hangs"))??;
    // And the loop keeps its tasks well after that.
    let two = Probe::new().named("two").on(Kind::Task).spawn().await?;
    assert_eq!(two.add(1).await?, 1);
    assert!(two.burst().await.is_err());
    assert_eq!(two.add(1).timeout(SOON).await?, 1, "it is started again");
    two.stop().await?;
    Ok(())
}

#[pulsar::test]
async fn a_blocking_ask_in_main_is_answered() -> Result<()> {
    for kind in [Kind::Process, Kind::Thread] {
        let probe = Probe::new().on(kind).spawn().await?;
        probe.note(3).try_tell()?;
        let began = Instant::now();
        assert_eq!(probe.add(1).timeout(SOON).wait(), Ok(1), "{kind}");
        assert!(began.elapsed() < Duration::from_secs(10), "{kind}: {:?}", began.elapsed());
        assert_eq!(probe.noted().wait(), Ok(vec![3]), "{kind}");
        let late = probe.rest(30_000).timeout(Duration::from_millis(100)).wait();
        assert!(matches!(late, Err(AskError::Timeout { .. })), "{kind}: {late:?}");
        // Loop and deadlines are this thread's own again.
        let task = Probe::new().on(Kind::Task).spawn().await?;
        assert_eq!(task.add(1).await?, 1);
        let late = task.rest(30_000).timeout(Duration::from_millis(100)).await;
        assert!(matches!(late, Err(AskError::Timeout { .. })), "{late:?}");
    }
    // What would have to run on this very loop is given up when its time is over.
    let task = Probe::new().on(Kind::Task).spawn().await?;
    let late = task.add(1).timeout(Duration::from_millis(100)).wait();
    assert!(matches!(late, Err(AskError::Timeout { .. })), "{late:?}");
    Ok(())
}

#[pulsar::test]
async fn a_blocking_ask_in_a_handler_ends() -> Result<()> {
    for (kind, other) in [(Kind::Process, Kind::Process), (Kind::Process, Kind::Thread), (Kind::Thread, Kind::Process)]
    {
        let asker = Trial::new().on(kind).spawn().await?;
        let probe = Probe::new().on(other).spawn().await?;
        let outcome = asker.ask_blocking(probe.clone()).timeout(SOON).await?;
        assert!(outcome.starts_with("Ok(") || outcome.contains("Timeout"), "{kind} asks {other}: {outcome}");
        if kind == Kind::Thread {
            assert_eq!(outcome, "Ok(1)", "its connections are kept by another thread");
        }
        assert_eq!(asker.add_one(1).await?, 2);
        assert_eq!(probe.place().await?.1, 1);
    }
    Ok(())
}

#[pulsar::test]
async fn the_asks_of_a_hung_thread_end_before_it_comes_back() -> Result<()> {
    let log = Log::new();
    let trial = Trial::new().on(Kind::Thread).with(|params| params.timeout = Duration::from_secs(2)).spawn().await?;
    trial.hold(log.path()).await?;
    let other = Probe::new().named("other").spawn().await?;
    let blocked = tokio::task::spawn_local({
        let (trial, path) = (trial.clone(), log.path());
        async move { trial.block(path, 15_000).timeout(Duration::from_secs(20)).await }
    });
    until("it blocks", SOON, async || log.lines() == ["begun"]).await;
    trial.hold(format!("{}.never", log.path())).tell().await?;
    let blocked = blocked.await?;
    assert_eq!(blocked, Err(AskError::ActorDied { reason: ExitReason::Hung, started: Started::Yes }));
    assert_eq!(log.lines(), ["begun"], "the thread has not come back yet");
    assert_eq!(trial.add_one(1).timeout(SOON).await?, 2, "its successor answers");
    // When it comes back, it ends: what it held is dropped, and nothing else is handled.
    until("it has ended", SOON, async || log.lines().len() == 3).await;
    assert_eq!(log.lines(), ["begun", "woke", "dropped"]);
    assert!(!std::fs::exists(format!("{}.never", log.path()))?);
    assert_eq!(trial.add_one(1).await?, 2);
    assert_eq!(trial.info().await?.actor.incarnation, 2);
    assert_eq!(other.add(1).await?, 1);
    Ok(())
}

#[pulsar::test]
async fn an_ask_of_a_task_says_that_its_owner_ended() -> Result<()> {
    for kind in [Kind::Process, Kind::Thread] {
        let owner = Probe::new().on(kind).spawn().await?;
        let task = owner.spawn_probe("task", Kind::Task).await?;
        let asking = tokio::task::spawn_local({
            let task = task.clone();
            async move { futures_util::future::join(task.rest(30_000).timeout(SOON), task.add(1).timeout(SOON)).await }
        });
        busy(&task).await;
        owner.stop().await?;
        let (running, waiting) = asking.await?;
        assert!(
            matches!(&running, Err(AskError::ActorDied { reason: ExitReason::OwnerEnded, .. })),
            "{kind}: {running:?}"
        );
        assert!(
            matches!(&waiting, Err(AskError::ActorDied { reason: ExitReason::OwnerEnded, .. })),
            "{kind}: {waiting:?}"
        );
        until("its name is free", SOON, async || find("task").await.is_err()).await;
    }
    Ok(())
}

#[pulsar::test]
async fn the_name_of_a_stopped_task_is_free_at_once() -> Result<()> {
    let owner = Probe::new().spawn().await?;
    let other = Probe::new().spawn().await?;
    for round in 0..10 {
        let task = owner.spawn_probe("named", Kind::Task).await?;
        assert_eq!(task.add(1).await?, 1);
        task.stop().await?;
        assert!(find("named").await.is_err(), "round {round}");
        // Wherever the next is made.
        let next = match round % 3 {
            0 => Probe::new().named("named").on(Kind::Thread).spawn().await?,
            1 => other.spawn_probe("named", Kind::Task).await?,
            _ => owner.spawn_probe("named", Kind::Task).await?,
        };
        assert_eq!(next.add(1).await?, 1, "round {round}");
        next.stop().await?;
    }
    Ok(())
}

#[pulsar::test]
async fn what_expires_on_its_way_is_never_handled() -> Result<()> {
    let log = Log::new();
    let probe = Probe::new().spawn().await?;
    let pid = probe.place().await?.0;
    let asker = Trial::new().spawn().await?;
    let asker_pid = asker.info().await?.actor.pid;
    // They are connected.
    assert_eq!(asker.have_marked(probe.clone(), log.path(), 0, 10_000).timeout(SOON).await?, "Ok(0)");
    proc::stand_still(pid);
    until_blocking("it stands still", SOON, || proc::state(pid) == Some('T'));
    let asked = probe.mark(log.path(), 1).timeout(Duration::from_millis(200)).await;
    assert!(matches!(asked, Err(AskError::Timeout { .. })), "{asked:?}");
    // One whose caller stands still, too, and takes nothing back.
    asker.have_marked(probe.clone(), log.path(), 2, 500).tell().await?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    proc::stand_still(asker_pid);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(proc::signal(pid, proc::Signal::CONT));
    assert_eq!(probe.mark(log.path(), 3).timeout(SOON).await?, 3);
    assert_eq!(probe.mark(log.path(), 4).timeout(SOON).await?, 4);
    assert!(proc::signal(asker_pid, proc::Signal::CONT));
    assert_eq!(asker.add_one(1).timeout(SOON).await?, 2);
    assert_eq!(log.lines(), ["0", "3", "4"]);
    assert!(probe.info().await?.mailbox.dropped >= 1);
    Ok(())
}

#[pulsar::test]
async fn answers_leave_while_others_are_handled() -> Result<()> {
    for kind in [Kind::Process, Kind::Thread] {
        let probe = Probe::new().on(kind).spawn().await?;
        let began = Instant::now();
        let asks = (0..40).map(|_| {
            let ask = probe.block(100).timeout(SOON);
            async move { ask.await.map(|_| began.elapsed()) }
        });
        let mut answered = futures_util::future::join_all(asks).await.into_iter().collect::<Result<Vec<_>, _>>()?;
        answered.sort();
        let (first, last) = (answered[0], answered[answered.len() - 1]);
        assert!(last >= Duration::from_millis(3900), "{kind}: {last:?}");
        assert!(first < Duration::from_secs(2), "{kind}: the first of 40 answers came after {first:?}");
    }
    Ok(())
}

for_each_kind! {
    async fn one_that_has_much_to_do_is_not_hung(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).with(|params| params.timeout = Duration::from_secs(2)).spawn().await?;
        let answers = futures_util::future::join_all((0..60).map(|_| probe.block(100).timeout(SOON))).await;
        assert!(answers.iter().all(|answer| *answer == Ok(100)), "{answers:?}");
        assert_eq!(probe.place().await?.1, 1, "still its first life");
        Ok(())
    }
}
