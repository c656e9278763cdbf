//! Task actors: they live on the loop of whoever spawned them, and are reached from everywhere.

use std::time::Duration;

use pulsar::{AskError, SpawnError, command::ping, prelude::*};
use pulsar_tests::{SOON, actors::Probe, for_each_kind, proc, until};

for_each_kind! {
    async fn a_task_is_reached_from_everywhere(kind: Kind) -> Result<()> {
        let owner = Probe::new().named("owner").on(kind).spawn().await?;
        let task = owner.spawn_probe("task", Kind::Task).await?;
        assert_eq!(task.place().await?.0, owner.place().await?.0, "in its owner's process");
        assert_eq!(task.add(1).await?, 1);
        assert_eq!(send("task", ping()).await?, "pong");
        for (n, from) in [Kind::Process, Kind::Thread, Kind::Task].into_iter().enumerate() {
            let sibling = Probe::new().on(from).spawn().await?;
            assert_eq!(sibling.ask_other(task.clone(), 1).await?, n as u64 + 2, "{from}");
            assert_eq!(sibling.ask_by_name("task").await?, "pong", "{from}");
        }
        let info = task.info().await?;
        assert_eq!(info.actor.kind, Some(Kind::Task));
        Ok(())
    }

    async fn a_task_ends_with_its_owner(kind: Kind) -> Result<()> {
        let owner = Probe::new().on(kind).spawn().await?;
        let task = owner.spawn_probe("task", Kind::Task).await?;
        let far = Probe::new().spawn().await?;
        assert_eq!(far.ask_other(task.clone(), 1).await?, 1);
        if kind == Kind::Task {
            // Both live on the loop of main, which goes on.
            owner.stop().await?;
            assert_eq!(task.add(1).await?, 2);
            return Ok(());
        }
        owner.stop().await?;
        until("it is gone", SOON, async || task.add(1).await.is_err()).await;
        let after = task.add(1).await;
        assert!(matches!(&after, Err(AskError::ActorDied { .. } | AskError::UnknownActor { .. })), "{after:?}");
        let after = far.ask_other(task.clone(), 1).await;
        assert!(matches!(&after, Err(AskError::Command(_))), "{after:?}");
        until("its name is free", SOON, async || find("task").await.is_err()).await;
        Probe::new().named("task").on(kind).spawn().await?;
        Ok(())
    }

    async fn a_task_is_supervised_where_it_lives(kind: Kind) -> Result<()> {
        let owner = Probe::new().on(kind).spawn().await?;
        let task = owner.spawn_probe("task", Kind::Task).await?;
        assert!(task.burst().await.is_err());
        until("it is back", SOON, async || task.add(1).await.is_ok()).await;
        assert_eq!(task.place().await?, (owner.place().await?.0, 2));
        assert_eq!(owner.place().await?.1, 1, "its owner did not notice");
        assert_eq!(send("task", ping()).await?, "pong", "it kept its name");
        task.stop().await?;
        assert!(matches!(send("task", ping()).await, Err(AskError::UnknownActor { .. })));
        owner.add(1).await?;
        Ok(())
    }

    async fn a_task_that_stands_still_with_its_loop_is_not_hung(kind: Kind) -> Result<()> {
        // Heartbeats are one a loop: a loop that comes back late did not make its tasks hang.
        let owner = Probe::new().on(kind).spawn().await?;
        let task = owner.spawn_impatient("task").await?;
        owner.block(2500).await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(task.place().timeout(SOON).await?.1, 1, "still its first life");
        Ok(())
    }
}

#[pulsar::test]
async fn a_task_needs_a_loop() -> Result<()> {
    let outcome = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(Probe::new().on(Kind::Task).spawn())
    });
    let outcome = tokio::task::spawn_blocking(move || outcome.join()).await?.expect("it does not panic");
    assert_eq!(outcome.err(), Some(SpawnError::NoLoop));
    Ok(())
}

#[pulsar::test]
async fn the_tasks_of_a_process_that_is_killed_are_gone() -> Result<()> {
    let owner = Probe::new().spawn().await?;
    let task = owner.spawn_probe("task", Kind::Task).await?;
    let far = Probe::new().spawn().await?;
    assert_eq!(far.ask_other(task.clone(), 1).await?, 1);
    let pid = owner.place().await?.0;
    assert!(proc::signal(pid, proc::Signal::KILL));
    until("it is noticed", SOON, async || task.add(1).timeout(SOON).await.is_err()).await;
    let after = task.add(1).await;
    assert!(matches!(&after, Err(AskError::ActorDied { .. } | AskError::UnknownActor { .. })), "{after:?}");
    let after = far.ask_other(task.clone(), 1).await;
    assert!(matches!(&after, Err(AskError::Command(_))), "{after:?}");
    // The owner comes back without it, and can have another of that name.
    until("the owner is back", SOON, async || owner.add(0).await.is_ok()).await;
    until("its name is free", SOON, async || find("task").await.is_err()).await;
    let next = owner.spawn_probe("task", Kind::Task).await?;
    assert_ne!(next.id(), task.id());
    assert_eq!(far.ask_by_name("task").await?, "pong");
    Ok(())
}

#[pulsar::test]
async fn an_actor_can_be_told_to_spawn() -> Result<()> {
    let host = Probe::new().spawn().await?;
    let task = host.send(command::spawn(Probe::new().named("guest").on(Kind::Task))).await?;
    assert_eq!(task.place().await?.0, host.place().await?.0);
    let process = host.send(command::spawn(Probe::new().on(Kind::Process))).await?;
    assert_ne!(process.place().await?.0, host.place().await?.0);
    let taken = host.send(command::spawn(Probe::new().named("guest").on(Kind::Thread))).await;
    assert_eq!(taken.err(), Some(AskError::Command(SpawnError::NameTaken { name: "guest".into() })));
    let by_arbiter = send("arbiter", command::spawn(Probe::new().named("own"))).await?;
    assert_eq!(by_arbiter.name(), "own");
    Ok(())
}

/// Nothing can kill a task, and nothing on a blocked loop can say that it is blocked.
#[pulsar::test]
async fn what_waits_for_a_task_on_a_blocked_loop_fails_and_it_begins_again() -> Result<()> {
    let task = Probe::new().on(Kind::Task).timeout(Duration::from_millis(300)).spawn().await?;
    assert_eq!(task.add(5).await?, 5);
    let mut events = pulsar::events();
    events.listen().await?;
    let asker = task.clone();
    // Takes the loop of `main` with it.
    task.block(4000).tell().await?;
    let asked = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        let began = std::time::Instant::now();
        (asker.add(1).timeout(Duration::from_secs(60)).wait(), began.elapsed())
    });
    let blocked = loop {
        let event = events.next().await?;
        if matches!(event.change, pulsar::Change::Blocked) {
            break event;
        }
    };
    assert_eq!(blocked.id, task.id());
    let (answer, took) = asked.join().expect("it does not panic");
    assert!(matches!(&answer, Err(AskError::ActorDied { reason: ExitReason::Hung, .. })), "{answer:?} after {took:?}");
    // Its loop has come back, and it with it: from its specification.
    assert_eq!(task.add(1).await?, 1);
    assert_eq!(task.info().await?.actor.incarnation, 2);
    Ok(())
}

/// The arbiter looks at loops only as long as there are tasks to look at.
#[pulsar::test]
async fn a_loop_whose_tasks_had_all_gone_is_watched_again() -> Result<()> {
    let quick = || Probe::new().on(Kind::Task).timeout(Duration::from_millis(300));
    let mut events = pulsar::events();
    events.listen().await?;
    // At once, and when the arbiter has looked and seen none.
    for pause in [Duration::ZERO, Duration::from_millis(2500)] {
        quick().spawn().await?.stop().await?;
        tokio::time::sleep(pause).await;
        let task = quick().spawn().await?;
        task.block(3000).tell().await?;
        let blocked = async {
            loop {
                let event = events.next().await?;
                if matches!(event.change, pulsar::Change::Blocked) {
                    return Ok::<_, Error>(event.id);
                }
            }
        };
        let blocked = tokio::time::timeout(SOON, blocked).await.expect("it is seen")?;
        assert_eq!(blocked, task.id(), "{pause:?}");
        task.stop().await?;
    }
    Ok(())
}
