//! What is told of the tree, as it happens.

use std::time::Duration;

use pulsar::{Change, prelude::*};
use pulsar_tests::{
    Log, SOON,
    actors::How,
    for_each_kind,
    trees::{Ears, Part, part, part_that},
    until,
};

for_each_kind! {
    async fn what_happens_is_told_in_order(kind: Kind) -> Result<()> {
        let log = Log::new();
        let mut ears = Ears::open().await?;
        let few = |params: &mut Params| params.intensity = Some((1, Duration::from_secs(60)));
        let site = Supervisor::new(Strategy::OneForOne)
            .child("a", part(log.path(), kind).with(few).on_give_up(GiveUp::Park))
            .child("pool", part(log.path(), kind).workers(1))
            .named("site")
            .spawn()
            .await?;
        let a = site.child::<Part>("a").await?;
        for _ in 0..2 {
            until("it lives", SOON, async || a.place().await.is_ok()).await;
            assert!(a.burst().await.is_err());
            ears.wait_for("site.a", "exited").await;
        }
        ears.wait_for("site.a", "parked").await;
        let pool = site.child::<Part>("pool").await?;
        pool.scale(2).await?;
        ears.wait_for("site.pool.2", "ready").await;
        site.stop().await?;
        ears.wait_for("site", "gone").await;

        assert_eq!(
            ears.names_of("site.a"),
            ["started", "ready", "exited", "restarting", "started", "ready", "exited", "parked", "gone"],
            "{:#?}",
            ears.lines()
        );
        let scaled = ears.heard.iter().find(|event| event.change.name() == "scaled").expect("it was scaled");
        assert_eq!((scaled.actor.as_str(), &scaled.change), ("site.pool", &Change::Scaled { from: 1, to: 2 }));
        assert_eq!(ears.names_of("site.pool.2"), ["started", "ready", "exited", "gone"], "{:#?}", ears.lines());
        assert_eq!(ears.names_of("site"), ["ready", "gone"], "{:#?}", ears.lines());
        // A whole is ready after its parts, and gone after them.
        let first = |actor: &str, name: &str| ears.heard.iter().position(|event| event.actor == actor && event.change.name() == name);
        assert!(first("site.a", "ready") < first("site.pool.1", "started"), "{:#?}", ears.lines());
        assert!(first("site.pool.1", "ready") < first("site.pool", "ready"), "{:#?}", ears.lines());
        assert!(first("site.pool", "ready") < first("site", "ready"), "{:#?}", ears.lines());
        assert!(first("site.a", "gone") < first("site", "gone"), "{:#?}", ears.lines());
        // Each is counted, and says whom it is about.
        for pair in ears.heard.windows(2) {
            assert_eq!(pair[1].sequence, pair[0].sequence + 1);
            assert!(pair[1].at >= pair[0].at || pair[0].at.duration_since(pair[1].at).is_ok_and(|back| back < SOON));
        }
        let started: Vec<_> = ears.heard.iter().filter(|event| event.actor == "site.a" && event.change.name() == "started").collect();
        assert_eq!((started[0].incarnation, started[1].incarnation), (1, 2));
        assert_eq!(started[0].id, a.id());
        let Change::Started { pid } = started[0].change else { panic!("{:?}", started[0]) };
        assert_eq!(pid.is_some(), kind == Kind::Process);
        Ok(())
    }

    async fn a_replacement_names_both(kind: Kind) -> Result<()> {
        let log = Log::new();
        let quick = |params: &mut Params| params.timeout = Duration::from_millis(600);
        let pool = part(log.path(), kind).with(quick).max_age(Duration::from_millis(200)).workers(1).named("pool").spawn().await?;
        let old = pool.each().await?[0].id();
        let mut ears = Ears::open().await?;
        let replaced = ears.wait("it is replaced", |event| event.change.name() == "replaced").await;
        let Change::Replaced { by, .. } = replaced.change else { panic!("{replaced}") };
        println!("{replaced}");
        assert_eq!((replaced.id, replaced.actor.as_str()), (old, "pool.1"), "it was the old one that was replaced");
        assert_ne!(by, old);
        Ok(())
    }
}

#[pulsar::test]
async fn a_child_that_cannot_start_is_told_of() -> Result<()> {
    let log = Log::new();
    let mut ears = Ears::open().await?;
    let site = Supervisor::new(Strategy::OneForOne).child("bad", part_that(log.path(), Kind::Process, How::Leaving(9)));
    assert!(site.named("site").spawn().await.is_err());
    let exited = ears.wait_for("site.bad", "exited").await;
    assert_eq!(exited.change, Change::Exited { reason: ExitReason::Code(9) });
    ears.wait_for("site", "gone").await;
    Ok(())
}

#[pulsar::test]
async fn a_listener_in_another_process_hears_the_same() -> Result<()> {
    let log = Log::new();
    let site =
        Supervisor::new(Strategy::OneForOne).child("a", part(log.path(), Kind::Thread)).named("site").spawn().await?;
    let far = part(log.path(), Kind::Process).spawn().await?;
    let hearing = tokio::task::spawn_local({
        let (far, path) = (far.clone(), log.path());
        async move { far.hear("site.a".to_string(), path).timeout(SOON).await }
    });
    until("it listens", SOON, async || log.lines().contains(&"listens".to_string())).await;
    assert!(site.child::<Part>("a").await?.burst().await.is_err());
    assert_eq!(hearing.await.expect("it ends")?, ["exited", "restarting", "started", "ready"]);
    Ok(())
}

#[pulsar::test]
async fn a_slow_listener_is_told_what_it_missed() -> Result<()> {
    let log = Log::new();
    let pool = part("/dev/null", Kind::Task).workers(1).named("pool").spawn().await?;
    let mut slow = pulsar::events();
    slow.listen().await?;
    let scaled = async |workers| pool.scale(workers).await.expect("it is scaled");
    scaled(2).await;
    let first = slow.next().await?.sequence;
    for _ in 0..800 {
        scaled(1).await;
        scaled(2).await;
    }
    let _marker = part(log.path(), Kind::Thread).named("marker").spawn().await?;

    let (mut missed, mut heard, mut last) = (0, 1, first);
    loop {
        let event = tokio::time::timeout(SOON, slow.next()).await.expect("there is more")?;
        if let Change::Missed { count } = event.change {
            missed += count;
            last += count;
            continue;
        }
        (heard, last) = (heard + 1, last + 1);
        assert_eq!(event.sequence, last, "{event}");
        if event.actor == "marker" && event.change == Change::Ready {
            break;
        }
    }
    println!("of {} events the slow one missed {missed} and heard {heard}", last + 1 - first);
    assert!(missed > 500 && heard > 500, "{missed} {heard}");
    Ok(())
}

#[pulsar::test]
async fn many_may_listen() -> Result<()> {
    let log = Log::new();
    let mut all = Vec::new();
    for _ in 0..50 {
        all.push(Ears::open().await?);
    }
    let heard: Vec<_> = all
        .into_iter()
        .map(|mut ears| tokio::task::spawn_local(async move { ears.wait_for("late", "ready").await.sequence }))
        .collect();
    part(log.path(), Kind::Thread).named("late").spawn().await?;
    let mut sequences = Vec::new();
    for one in heard {
        sequences.push(tokio::time::timeout(SOON, one).await.expect("it hears").expect("it ends"));
    }
    sequences.dedup();
    assert_eq!(sequences.len(), 1);
    Ok(())
}
