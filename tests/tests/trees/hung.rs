//! Threads and loops that do not come back.

use std::time::{Duration, Instant};

use pulsar::prelude::*;
use pulsar_tests::{
    Log, SOON,
    trees::{Ears, Part, part},
    until,
};

/// One that may be silent for a second.
fn impatient(log: &Log, kind: Kind) -> pulsar::Spawn<Part> {
    part(log.path(), kind).with(|params| {
        params.timeout = Duration::from_secs(1);
        params.shutdown = Duration::from_millis(500);
    })
}

async fn left_behind() -> u32 {
    pulsar::tree().await.expect("an arbiter").left_behind
}

#[pulsar::test]
async fn a_thread_that_blocks_is_left_behind_and_counted() -> Result<()> {
    let log = Log::new();
    let site = Supervisor::new(Strategy::OneForOne)
        .child("a", impatient(&log, Kind::Thread))
        .child("b", impatient(&log, Kind::Thread))
        .named("site")
        .spawn()
        .await?;
    let (a, b) = (site.child::<Part>("a").await?, site.child::<Part>("b").await?);
    let mut ears = Ears::open().await?;
    let began = Instant::now();
    let blocked = tokio::task::spawn_local({
        let a = a.clone();
        async move { a.block(10_000).timeout(SOON).await }
    });
    ears.wait_for("site.a", "left behind").await;
    let error = blocked.await.expect("it ends").expect_err("it hangs");
    assert!(matches!(error, AskError::ActorDied { reason: ExitReason::Hung, .. }), "{error:?}");
    println!("its ask failed after {:?}", began.elapsed());
    // Its successor has a queue of its own, and answers long before the other comes back.
    assert_eq!(a.place().await?.1, 2);
    println!("its successor answered after {:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    assert_eq!(left_behind().await, 1);
    assert!(pulsar::tree().await?.to_string().contains("left behind"), "{}", pulsar::tree().await?);
    // Its neighbour has a thread of its own.
    assert_eq!(b.place().await?.1, 1);
    // It comes back, finds that it is no actor any more, and ends.
    until("it is no longer counted", SOON, async || left_behind().await == 0).await;
    assert!(log.lines().contains(&"wakes site.a".to_string()), "{:?}", log.lines());
    assert_eq!(a.place().await?.1, 2);
    Ok(())
}

#[pulsar::test]
async fn a_task_that_blocks_takes_its_neighbours_with_it_and_all_come_back() -> Result<()> {
    let log = Log::new();
    let site = Supervisor::new(Strategy::OneForOne)
        .restarts(10, Duration::from_secs(30))
        .child("a", impatient(&log, Kind::Task))
        .child("b", impatient(&log, Kind::Task))
        .child("c", part(log.path(), Kind::Task))
        .named("site")
        .spawn()
        .await?;
    let (a, b, c) = (site.child::<Part>("a").await?, site.child::<Part>("b").await?, site.child::<Part>("c").await?);
    let began = Instant::now();
    let blocked = tokio::task::spawn_local({
        let a = a.clone();
        async move { a.block(4_000).timeout(SOON).await }
    });
    until("it blocks", SOON, async || log.lines().contains(&"blocks site.a".to_string())).await;
    // What the old ones accepted ends with them; then there are new ones, on another loop.
    until("it is back", SOON, async || a.place().await.is_ok_and(|(_, incarnation, _)| incarnation == 2)).await;
    println!("the blocked one is back after {:?}", began.elapsed());
    until("its neighbour is back", SOON, async || b.place().await.is_ok()).await;
    println!("its neighbour answers after {:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_millis(9_500), "{:?}", began.elapsed());
    assert!(left_behind().await >= 1);
    let (_, incarnation, _) = c.place().timeout(SOON).await?;
    println!("the patient neighbour answers after {:?}, in its life {incarnation}", began.elapsed());
    assert!(blocked.await.expect("it ends").is_err());
    until("they are no longer counted", SOON, async || left_behind().await == 0).await;
    for part in [&a, &b, &c] {
        part.place().await?;
    }
    Ok(())
}

#[pulsar::test]
async fn a_worker_that_blocks_leaves_its_pool_whole() -> Result<()> {
    let log = Log::new();
    let pool = impatient(&log, Kind::Thread).workers(2).named("pool").spawn().await?;
    let mut ears = Ears::open().await?;
    let blocked = tokio::task::spawn_local({
        let pool = pool.clone();
        async move { pool.block(3_000).timeout(SOON).await }
    });
    tokio::time::sleep(Duration::from_millis(20)).await;
    // Whoever asks meanwhile gets the other.
    for _ in 0..20 {
        pool.place().timeout(Duration::from_millis(2_000)).await?;
    }
    ears.wait("one is left behind", |event| event.change.name() == "left behind").await;
    ears.wait("it is back", |event| event.change.name() == "ready").await;
    assert!(matches!(blocked.await.expect("it ends"), Err(AskError::ActorDied { reason: ExitReason::Hung, .. })));
    assert_eq!(pool.each().await?.len(), 2);
    until("it is no longer counted", SOON, async || left_behind().await == 0).await;
    Ok(())
}

#[pulsar::test]
async fn a_whole_tree_stops_although_one_hangs() -> Result<()> {
    let log = Log::new();
    let site = Supervisor::new(Strategy::OneForOne)
        .child("a", part(log.path(), Kind::Thread))
        .child("b", impatient(&log, Kind::Thread))
        .child("c", impatient(&log, Kind::Process))
        .named("site")
        .spawn()
        .await?;
    site.child::<Part>("b").await?.block(5_000).tell().await?;
    site.child::<Part>("c").await?.block(60_000).tell().await?;
    until("both block", SOON, async || log.lines().iter().filter(|line| line.starts_with("blocks")).count() == 2).await;
    let began = Instant::now();
    site.stop().await?;
    println!("stopped after {:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(log.lines().last().map(String::as_str), Some("stop site.a"));
    assert!(pulsar::tree().await?.roots.is_empty());
    Ok(())
}
