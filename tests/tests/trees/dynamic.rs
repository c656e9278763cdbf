//! Children that come and go while the tree runs.

use std::time::Duration;

use pulsar::{ChildError, Role, SpawnError, State, prelude::*};
use pulsar_tests::{
    Log, SOON,
    actors::How,
    for_each_kind, proc,
    trees::{Ears, Part, node, part, part_that},
    until,
};

for_each_kind! {
    async fn children_come_and_go(kind: Kind) -> Result<()> {
        let log = Log::new();
        let site = Supervisor::new(Strategy::OneForOne).child("a", part(log.path(), kind)).named("site").spawn().await?;
        let b = site.start_child("b", part(log.path(), kind)).await?;
        assert_eq!(b.place().await?.0, "site.b");
        let which: Vec<_> = site.which_children().await?.into_iter().map(|child| (child.name, child.state, child.restarts)).collect();
        assert_eq!(which, [("a".to_string(), State::Running, 0), ("b".to_string(), State::Running, 0)]);
        assert!(matches!(site.which_children().await?[0].role, Role::Actor { kind: of } if of == kind));

        // What lives cannot be forgotten, nor begun.
        assert!(matches!(site.delete_child("b").await, Err(AskError::Command(ChildError::Alive { name })) if name == "b"));
        assert!(matches!(site.restart_child("b").await, Err(AskError::Command(ChildError::Alive { .. }))));
        assert!(matches!(site.start_child("b", part(log.path(), kind)).await, Err(SpawnError::NameTaken { name }) if name == "b"));
        for unknown in ["c", "", "site.b"] {
            assert!(matches!(site.stop_child(unknown).await, Err(AskError::Command(ChildError::Unknown { name })) if name == unknown));
        }

        // Stopped, it is kept, and stays down.
        site.stop_child("b").await?;
        let count = site.count_children().await?;
        assert_eq!((count.specs, count.active, count.workers, count.supervisors), (2, 1, 2, 0));
        assert!(matches!(b.place().await, Err(AskError::ActorDied { reason: ExitReason::Shutdown, .. })));
        site.stop_child("b").await?;

        // The same handle leads to its next life.
        site.restart_child("b").await?;
        assert_eq!(b.place().await?.1, 2);
        site.stop_child("b").await?;
        site.delete_child("b").await?;
        assert_eq!(site.count_children().await?.specs, 1);
        assert!(matches!(b.place().await, Err(AskError::ActorDied { .. } | AskError::UnknownActor { .. })));
        // And its name is free.
        let again = site.start_child("b", part(log.path(), kind)).await?;
        assert_eq!(again.place().await?.1, 1);
        assert_ne!(again.id(), b.id());
        Ok(())
    }

    async fn a_child_that_does_not_start_is_forgotten(kind: Kind) -> Result<()> {
        let log = Log::new();
        let site = Supervisor::new(Strategy::OneForAll).child("a", part(log.path(), kind)).named("site").spawn().await?;
        let error = site.start_child("bad", part_that(log.path(), kind, How::Failing("no database".into()))).await.expect_err("it fails");
        assert!(matches!(&error, SpawnError::Failed { reason: ExitReason::StartFailed(text) } if text.contains("no database")), "{error:?}");
        assert_eq!(site.count_children().await?.specs, 1);
        // Nobody else was touched.
        assert_eq!(site.child::<Part>("a").await?.place().await?.1, 1);
        // The name can be used at once, also for a branch.
        let branch = Supervisor::new(Strategy::OneForOne).child("x", part(log.path(), kind)).child("y", part(log.path(), kind).workers(2));
        let branch = site.start_child("bad", branch).await?;
        assert_eq!(branch.child::<Part>("x").await?.place().await?.0, "site.bad.x");
        assert!(branch.child::<Part>("y").await?.place().await?.0.starts_with("site.bad.y."));
        let count = site.count_children().await?;
        assert_eq!((count.specs, count.active, count.workers, count.supervisors), (2, 2, 1, 1));
        Ok(())
    }

    async fn temporary_children_leave_nothing(kind: Kind) -> Result<()> {
        let log = Log::new();
        let many = if kind == Kind::Process { 30 } else { 300 };
        let site = Supervisor::new(Strategy::OneForOne).named("site").spawn().await?;
        let (fds, threads) = (proc::fds(std::process::id()), proc::threads(std::process::id()));
        for round in 0..many {
            let child = part("/dev/null", kind).restart(Restart::Temporary);
            let child = site.start_child(format!("job{round}"), child).await?;
            if round % 2 == 0 { child.finish().await? } else { assert!(child.burst().await.is_err()) }
        }
        until("all are forgotten", SOON, async || site.count_children().await.expect("it is answered").specs == 0).await;
        until("their threads are gone", SOON, async || proc::threads(std::process::id()) <= threads + 3).await;
        println!("{many} came and went: {} descriptors where there were {fds}", proc::fds(std::process::id()));
        assert!(proc::fds(std::process::id()) <= fds + 8, "{} {fds}", proc::fds(std::process::id()));
        assert!(log.lines().is_empty());
        Ok(())
    }

    async fn a_child_that_waits_can_be_stopped_for_good(kind: Kind) -> Result<()> {
        // A restart that is to come is none once it was stopped.
        let log = Log::new();
        let slow = part(log.path(), kind).with(|params| params.backoff = (Duration::from_millis(300), Duration::from_millis(300)));
        let site = Supervisor::new(Strategy::OneForOne).child("a", slow).named("site").spawn().await?;
        let a = site.child::<Part>("a").await?;
        let mut ears = Ears::open().await?;
        assert!(a.burst().await.is_err());
        ears.wait_for("site.a", "restarting").await;
        assert!(node(&pulsar::tree().await?, "site.a").expect("it is there").starts_in.is_some());
        site.stop_child("a").await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(log.lines().iter().filter(|line| line.starts_with("start")).count(), 1, "{:?}", log.lines());
        // But at once, if that is asked for.
        site.restart_child("a").await?;
        assert_eq!(a.place().await?.1, 2);
        assert!(a.burst().await.is_err());
        ears.wait_for("site.a", "restarting").await;
        site.reset_child("a").await?;
        assert_eq!(a.place().await?.1, 3);
        Ok(())
    }
}

#[pulsar::test]
async fn a_group_can_be_stopped_and_begun_again() -> Result<()> {
    let log = Log::new();
    let group = Supervisor::new(Strategy::OneForOne)
        .child("x", part(log.path(), Kind::Thread))
        .child("y", part(log.path(), Kind::Process).workers(2));
    let site = Supervisor::new(Strategy::OneForOne)
        .child("group", group)
        .child("z", part(log.path(), Kind::Task))
        .named("site")
        .spawn()
        .await?;
    let group = site.child::<Supervisor>("group").await?;
    let (x, y) = (group.child::<Part>("x").await?, group.child::<Part>("y").await?);
    site.stop_child("group").await?;
    assert_eq!(site.count_children().await?.active, 1);
    assert!(x.place().await.is_err());
    assert!(y.place().await.is_err());
    site.restart_child("group").await?;
    until("its children are back", SOON, async || x.place().await.is_ok()).await;
    until("its pool is back", SOON, async || y.place().await.is_ok()).await;
    assert_eq!(group.ping().await?, "pong");
    site.stop_child("group").await?;
    site.delete_child("group").await?;
    assert!(group.ping().await.is_err());
    assert_eq!(site.count_children().await?.specs, 1);
    // A pool has no children that could be told of by name.
    let pool = site.start_child("pool", part(log.path(), Kind::Thread).workers(2)).await?;
    pool.place().await?;
    Ok(())
}
