//! Pools: how many workers there are, who says so, and what happens when they do not start or do not stay.

use std::time::Duration;

use pulsar::{Change, Role, SpawnError, State, prelude::*};
use pulsar_tests::{
    Log, Random, SOON,
    actors::How,
    append, for_each_kind, proc,
    trees::{Ears, Part, node, part, part_that},
    until,
};

/// The workers of the pool `pool`, by name, that run, once all do.
async fn settled(wanted: usize) -> Vec<String> {
    until(&format!("{wanted} workers run"), SOON, async || {
        let tree = pulsar::tree().await.expect("an arbiter");
        node(&tree, "pool").is_some_and(|pool| {
            pool.children.len() == wanted && pool.children.iter().all(|worker| worker.state == State::Running)
        })
    })
    .await;
    let tree = pulsar::tree().await.expect("an arbiter");
    node(&tree, "pool").map(|pool| pool.children.iter().map(|worker| worker.name.clone()).collect()).unwrap_or_default()
}

for_each_kind! {
    async fn a_pool_has_as_many_as_it_is_told(kind: Kind) -> Result<()> {
        let log = Log::new();
        let pool = part(log.path(), kind).workers(2).named("pool").spawn().await?;
        assert_eq!(settled(2).await, ["1", "2"]);
        let mut ears = Ears::open().await?;
        pool.scale(5).await?;
        let scaled = ears.wait_for("pool", "scaled").await;
        assert_eq!(scaled.change, Change::Scaled { from: 2, to: 5 });
        assert_eq!(settled(5).await, ["1", "2", "3", "4", "5"]);
        assert_eq!(pool.each().await?.len(), 5);
        // The youngest go first.
        pool.send(command::config_set("workers", "3")).await?;
        assert_eq!(settled(3).await, ["1", "2", "3"]);
        assert_eq!(pool.send(command::config_get("workers")).await?, "3");
        for wrong in ["0", "many", "-1", "100000"] {
            assert!(pool.send(command::config_set("workers", wrong)).await.is_err(), "{wrong}");
        }
        assert!(pool.scale(0).await.is_err());
        assert!(pool.send(command::config_set("timeout", "1s")).await.is_err());
        assert!(pool.send(command::config_get("colour")).await.is_err());
        assert_eq!(settled(3).await, ["1", "2", "3"]);
        assert!(matches!(node(&pulsar::tree().await?, "pool").expect("it is there").role, Role::Pool { workers: 3 }));
        // Only a pool can be scaled.
        let single = part(log.path(), Kind::Thread).spawn().await?;
        assert!(single.scale(2).await.is_err());
        // And it can be told from another process, too.
        let far = part(log.path(), Kind::Process).spawn().await?;
        far.place().await?;

        pool.stop().await?;
        assert!(node(&pulsar::tree().await?, "pool").is_none());
        let error = pool.place().await.expect_err("it is gone");
        assert!(matches!(error, AskError::ActorDied { reason: ExitReason::Shutdown, .. } | AskError::UnknownActor { .. }), "{error:?}");
        // Its name and its workers' are free.
        let again = part(log.path(), kind).workers(2).named("pool").spawn().await?;
        assert!(again.place().await?.0.starts_with("pool."));
        Ok(())
    }

    async fn a_pool_starts_whole_or_not_at_all(kind: Kind) -> Result<()> {
        let log = Log::new();
        let there = format!("{}.there", log.path());
        let pool = || part_that(log.path(), kind, How::IfThere(there.clone())).workers(3).named("pool");
        let error = pool().spawn().await.expect_err("its workers cannot start");
        println!("{error}");
        assert!(error.to_string().contains("is not there"), "{error}");
        assert!(pulsar::tree().await?.roots.is_empty());
        append(&there, "yes");
        let pool = pool().spawn().await?;
        assert_eq!(settled(3).await, ["1", "2", "3"]);
        assert!(pool.place().await.is_ok());
        Ok(())
    }

    async fn workers_that_die_are_replaced_in_their_place(kind: Kind) -> Result<()> {
        let log = Log::new();
        let pool = part(log.path(), kind).workers(3).named("pool").spawn().await?;
        let workers = pool.each().await?;
        assert!(workers[1].burst().await.is_err());
        assert_eq!(workers[1].place().await?.1, 2);
        // A pool has as many as it is to have, however they end.
        workers[0].finish().await?;
        until("it is back", SOON, async || workers[0].place().await.is_ok_and(|(_, incarnation, _)| incarnation == 2)).await;
        assert_eq!(settled(3).await, ["1", "2", "3"]);
        let places: Vec<_> = pool.each().await?.iter().map(|worker| worker.id()).collect();
        assert_eq!(places, workers.iter().map(|worker| worker.id()).collect::<Vec<_>>());
        Ok(())
    }

    async fn a_pool_that_gives_up_is_parked_and_can_be_reset(kind: Kind) -> Result<()> {
        let log = Log::new();
        let few = |params: &mut Params| params.intensity = Some((2, Duration::from_secs(60)));
        let pool = part(log.path(), kind).with(few).workers(2).named("pool").spawn().await?;
        let mut ears = Ears::open().await?;
        for _ in 0..3 {
            let _ = pool.burst().await;
            ears.wait("an end", |event| event.change.name() == "exited").await;
        }
        ears.wait_for("pool", "parked").await;
        assert_eq!(node(&pulsar::tree().await?, "pool").expect("it is kept").state, State::Parked);
        let error = pool.place().await.expect_err("it is parked");
        assert!(matches!(&error, AskError::ActorDied { reason: ExitReason::GaveUp { .. }, .. }), "{error:?}");
        // Parked is no end of the program, and not for ever.
        pool.reset().await?;
        assert_eq!(settled(2).await.len(), 2);
        assert!(pool.place().await.is_ok());
        let far = part(log.path(), Kind::Process).spawn().await?;
        assert!(far.place_of(pool.clone()).await.is_ok());
        Ok(())
    }

    async fn a_pool_in_a_tree_escalates(kind: Kind) -> Result<()> {
        let log = Log::new();
        let few = |params: &mut Params| params.intensity = Some((1, Duration::from_secs(60)));
        let tree = Supervisor::new(Strategy::OneForAll)
            .child("other", part(log.path(), Kind::Thread))
            .child("pool", part(log.path(), kind).with(few).workers(2))
            .named("site")
            .spawn()
            .await?;
        let pool = tree.child::<Part>("pool").await?;
        let mut ears = Ears::open().await?;
        for _ in 0..2 {
            let _ = pool.burst().await;
            ears.wait("an end", |event| event.change.name() == "exited").await;
        }
        ears.rewind();
        ears.wait_for("site.pool", "gave up").await;
        ears.wait_for("site.pool", "restarting").await;
        ears.wait_for("site.pool", "ready").await;
        assert!(pool.place().await?.0.starts_with("site.pool."));
        // One for all: the other was started anew with it.
        assert_eq!(tree.child::<Part>("other").await?.place().await?.1, 2);
        Ok(())
    }
}

/// How many signals there are; `PULSAR_ROUNDS` says otherwise.
fn rounds() -> u32 {
    std::env::var("PULSAR_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(300)
}

#[pulsar::test(timeout = "300s")]
async fn signals_scale_every_pool_and_never_below_one() -> Result<()> {
    let mut random = Random::from_env();
    let log = Log::new();
    let pool = part(log.path(), Kind::Thread).workers(2).named("pool").spawn().await?;
    let other = part(log.path(), Kind::Task).workers(1).named("other").spawn().await?;
    let (mut wanted, mut most, mut floor) = (2_u32, 2, 0);
    for _ in 0..rounds() {
        let more = random.below(2) == 0;
        // Signals of one number that are not heard yet are one: each is waited for.
        assert!(proc::signal(std::process::id(), if more { proc::Signal::TTIN } else { proc::Signal::TTOU }));
        if !more && wanted == 1 {
            floor += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        wanted = if more { wanted + 1 } else { wanted.saturating_sub(1).max(1) };
        most = most.max(wanted);
        until("the signal is heard", SOON, async || {
            pool.send(command::config_get("workers")).await.expect("it is answered") == wanted.to_string()
        })
        .await;
    }
    assert_eq!(settled(wanted as usize).await.len(), wanted as usize);
    println!(
        "{} signals: {wanted} workers as the clamped sum says, {most} at most, {floor} times held at one",
        rounds()
    );
    assert!(other.send(command::config_get("workers")).await?.parse::<u32>().is_ok_and(|workers| workers >= 1));
    Ok(())
}

#[pulsar::test]
async fn names_of_workers_pass_over_what_is_taken() -> Result<()> {
    let log = Log::new();
    let stranger = part(log.path(), Kind::Thread).named("pool.2").spawn().await?;
    let pool = part(log.path(), Kind::Thread).workers(2).named("pool").spawn().await?;
    let mut names: Vec<String> = pool.each().await?.iter().map(|worker| worker.name()).collect();
    names.sort();
    assert_eq!(names, ["pool.1", "pool.3"]);
    assert_eq!(stranger.place().await?.0, "pool.2");
    let taken = part(log.path(), Kind::Thread).named("pool.1").spawn().await;
    assert!(matches!(taken, Err(SpawnError::NameTaken { .. })), "{taken:?}");
    Ok(())
}
