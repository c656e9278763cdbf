//! How trees come up and go down, what their parts are called, and what their handles are good for.

use std::time::Duration;

use pulsar::{ChildError, Role, SpawnError, prelude::*};
use pulsar_tests::{
    Log, SOON,
    actors::How,
    for_each_kind,
    trees::{Ears, Part, node, part, part_that},
    until,
};

for_each_kind! {
    async fn nested_supervisors_start_in_order_and_stop_in_reverse(kind: Kind) -> Result<()> {
        let log = Log::new();
        let deep = Supervisor::new(Strategy::OneForAll).child("x", part(log.path(), kind)).child("y", part(log.path(), kind));
        let site = Supervisor::new(Strategy::OneForOne)
            .child("a", part(log.path(), kind))
            .child("deep", deep)
            .child("z", part(log.path(), kind))
            .named("site")
            .spawn()
            .await?;
        let named = ["a", "deep.x", "deep.y", "z"].map(|name| format!("site.{name}"));
        let expected: Vec<_> = named.iter().flat_map(|name| [format!("start {name}"), format!("ready {name}")]).collect();
        assert_eq!(log.lines(), expected);
        let tree = pulsar::tree().await?;
        assert!(matches!(node(&tree, "site.deep").expect("it is there").role, Role::Supervisor { strategy: Strategy::OneForAll }));

        site.stop().await?;
        let expected: Vec<_> = named.iter().rev().map(|name| format!("stop {name}")).collect();
        assert_eq!(log.lines()[8..], expected);
        assert_eq!(site.wait().await?, ExitReason::Shutdown);
        assert!(pulsar::tree().await?.roots.is_empty());
        Ok(())
    }

    async fn a_child_that_does_not_start_undoes_the_rest(kind: Kind) -> Result<()> {
        let log = Log::new();
        let failing = How::Failing("no database".into());
        let deep = Supervisor::new(Strategy::OneForAll).child("x", part(log.path(), kind)).child("bad", part_that(log.path(), kind, failing));
        let error = Supervisor::new(Strategy::OneForOne)
            .child("a", part(log.path(), kind))
            .child("b", part(log.path(), kind))
            .child("deep", deep)
            .child("never", part(log.path(), kind))
            .named("site")
            .spawn()
            .await
            .expect_err("it cannot start");
        let SpawnError::Child { name, reason } = &error else { panic!("{error:?}") };
        assert_eq!(name, "site.deep.bad");
        assert!(matches!(reason, ExitReason::StartFailed(text) if text.contains("no database")), "{reason:?}");
        println!("{error}");
        let lines = log.lines();
        assert_eq!(lines[lines.len() - 3..], ["stop site.deep.x", "stop site.b", "stop site.a"]);
        assert!(!lines.iter().any(|line| line.contains("never")), "{lines:?}");
        assert!(pulsar::tree().await?.roots.is_empty());
        // Nothing of it is left: the same names can be had at once.
        Supervisor::new(Strategy::OneForOne).child("a", part(log.path(), kind)).named("site").spawn().await?;
        Ok(())
    }

    async fn proxies_survive_the_restart_of_what_is_above(kind: Kind) -> Result<()> {
        let log = Log::new();
        let group = Supervisor::new(Strategy::OneForOne)
            .restarts(0, Duration::from_secs(30))
            .backoff(Duration::from_millis(5), Duration::from_millis(50))
            .child("x", part(log.path(), kind))
            .child("y", part(log.path(), kind))
            .child("pool", part(log.path(), kind).workers(2));
        let site = Supervisor::new(Strategy::OneForOne).child("group", group).named("site").spawn().await?;
        let group = site.child::<Supervisor>("group").await?;
        let x = group.child::<Part>("x").await?;
        let y = group.child::<Part>("y").await?;
        let pool = group.child::<Part>("pool").await?;
        let before = y.place().await?;
        assert_eq!(pool.each().await?.len(), 2);
        let mut ears = Ears::open().await?;
        // The group may restart nobody: it ends, and is started again as a whole.
        assert!(x.burst().await.is_err());
        ears.wait_for("site.group", "gave up").await;
        ears.wait_for("site.group", "restarting").await;
        ears.wait_for("site.group", "ready").await;
        let after = y.place().await?;
        assert_eq!((after.0, after.1), (before.0, 2));
        assert_eq!(x.place().await?.1, 2);
        assert!(pool.place().await?.0.starts_with("site.group.pool."));
        assert_eq!(group.id(), site.child::<Supervisor>("group").await?.id());
        assert_eq!(group.ping().await?, "pong");
        Ok(())
    }
}

#[pulsar::test]
async fn names_are_paths_under_a_root_with_a_name() -> Result<()> {
    let log = Log::new();
    let jobs = Supervisor::new(Strategy::OneForOne).child("one", part(log.path(), Kind::Task));
    let site = Supervisor::new(Strategy::OneForOne)
        .child("cache", part(log.path(), Kind::Thread))
        .child("api", part(log.path(), Kind::Process).workers(2))
        .child("own", part(log.path(), Kind::Thread).named("elsewhere"))
        .child("jobs", jobs);
    let site = site.named("site").spawn().await?;
    for name in
        ["site", "site.cache", "site.api", "site.api.1", "site.api.2", "elsewhere", "site.jobs", "site.jobs.one"]
    {
        assert_eq!(send(name, command::ping()).await?, "pong", "{name}");
    }
    for name in ["cache", "site.own", "site.api.3", "api"] {
        assert!(matches!(send(name, command::ping()).await, Err(AskError::UnknownActor { .. })), "{name}");
    }
    let api = site.child::<Part>("api").await?;
    assert_eq!(api.name(), "site.api");
    // The same from another process.
    let far = part(log.path(), Kind::Process).spawn().await?;
    assert!(far.place_of(api).await?.0.starts_with("site.api."));

    // A name of one tree is none of another's, and a root without a name registers nothing.
    let twin = || Supervisor::new(Strategy::OneForOne).child("cache", part(log.path(), Kind::Thread));
    let error = twin().named("site").spawn().await.expect_err("it is taken");
    assert!(matches!(&error, SpawnError::NameTaken { name } if name == "site"), "{error:?}");
    let (one, two) = (twin().spawn().await?, twin().spawn().await?);
    assert_ne!(one.id(), two.id());
    assert!(matches!(send("cache", command::ping()).await, Err(AskError::UnknownActor { .. })));
    let mut places = Vec::new();
    for tree in [&one, &two] {
        places.push(tree.child::<Part>("cache").await?.place().await?.0);
    }
    assert_eq!(places, ["cache", "cache"]);
    Ok(())
}

#[pulsar::test]
async fn a_tree_that_makes_no_sense_is_refused() -> Result<()> {
    let log = Log::new();
    let a = || part(log.path(), Kind::Thread);
    let cases = [
        (
            Supervisor::new(Strategy::OneForOne).child("a", a()).child("a", a()),
            "two children of one supervisor are called `a`",
        ),
        (Supervisor::new(Strategy::OneForOne).child("a.b", a()), "`a.b` is no name of a child"),
        (Supervisor::new(Strategy::OneForOne).child("a", a().workers(0)), "`workers` must be at least 1"),
        (Supervisor::new(Strategy::OneForOne).child("a", a().max_messages(10)), "need `workers`"),
        (Supervisor::new(Strategy::OneForOne).restarts(1, Duration::ZERO).child("a", a()), "`within`"),
        (Supervisor::new(Strategy::OneForOne).child("a", a().workers(2).restart(Restart::Transient)), "permanent"),
    ];
    for (tree, says) in cases {
        match tree.spawn().await {
            Err(SpawnError::Invalid(text)) => assert!(text.contains(says), "{text}"),
            other => panic!("{says}: {other:?}"),
        }
    }
    assert!(log.lines().is_empty(), "nothing was started: {:?}", log.lines());
    assert!(pulsar::tree().await?.roots.is_empty());
    // A tree of nothing is one.
    let empty = Supervisor::new(Strategy::OneForOne).spawn().await?;
    assert_eq!(empty.count_children().await?.specs, 0);
    Ok(())
}

#[pulsar::test]
async fn a_tree_planted_in_a_child_process_lives_in_the_arbiter() -> Result<()> {
    let log = Log::new();
    let far = part(log.path(), Kind::Process).named("far").spawn().await?;
    let tree = far.plant("site", log.path()).await?;
    assert_eq!(tree.name(), "site");
    let one = tree.child::<Part>("one").await?;
    let (name, incarnation, pid) = one.place().await?;
    assert_eq!((name.as_str(), incarnation), ("site.one", 1));
    assert_ne!(pid, std::process::id());
    // Task actors of a tree live in the master.
    assert_eq!(tree.child::<Part>("two").await?.place().await?.2, std::process::id());
    // It outlives whoever asked for it.
    far.kill().await?;
    assert_eq!(one.place().await?.1, 1);
    Ok(())
}

#[pulsar::test]
async fn the_handle_of_a_tree_travels() -> Result<()> {
    let log = Log::new();
    let site = Supervisor::new(Strategy::OneForOne).child("a", part(log.path(), Kind::Thread));
    let site = site.named("site").spawn().await?;
    let far = part(log.path(), Kind::Process).spawn().await?;
    assert_eq!(far.tend(site.clone(), log.path()).await?, ("site.guest".to_string(), 1, 2));
    assert_eq!(site.count_children().await?.specs, 1);
    Ok(())
}

#[pulsar::test]
async fn the_end_of_the_program_stops_trees_in_reverse() -> Result<()> {
    // The last to be started is the first to end; a stop of the whole waits for each.
    let log = Log::new();
    let slow = part(log.path(), Kind::Process).with(|params| params.shutdown = Duration::from_secs(5));
    let site = Supervisor::new(Strategy::OneForOne).child("a", slow).child("b", part(log.path(), Kind::Process));
    let site = site.named("site").spawn().await?;
    let b = site.child::<Part>("b").await?;
    b.rest(300).tell().await?;
    tokio::time::sleep(Duration::from_millis(50)).await;
    site.stop().await?;
    let lines = log.lines();
    assert_eq!(lines[lines.len() - 2..], ["stop site.b", "stop site.a"]);
    let error = b.place().await.expect_err("it is gone");
    assert!(
        matches!(error, AskError::ActorDied { reason: ExitReason::Shutdown, .. } | AskError::UnknownActor { .. }),
        "{error:?}"
    );
    assert!(matches!(site.which_children().await, Err(AskError::Command(ChildError::NoSupervisor))));
    Ok(())
}

#[pulsar::test]
async fn a_killed_tree_is_gone_at_once() -> Result<()> {
    let log = Log::new();
    let site = Supervisor::new(Strategy::OneForOne)
        .child("a", part(log.path(), Kind::Process))
        .child("b", part(log.path(), Kind::Thread))
        .child("pool", part(log.path(), Kind::Process).workers(3))
        .named("site")
        .spawn()
        .await?;
    let a = site.child::<Part>("a").await?;
    a.block(60_000).tell().await?;
    until("it blocks", SOON, async || log.lines().iter().any(|line| line == "blocks site.a")).await;
    let began = std::time::Instant::now();
    site.kill().await?;
    println!("killed within {:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    assert!(pulsar::tree().await?.roots.is_empty(), "{}", pulsar::tree().await?);
    Ok(())
}

/// A tree as its users write it.
#[supervisor(strategy = rest_for_one, restarts = 5, within = "30s")]
struct Shop {
    /// What is in store.
    #[child(thread)]
    stock: Part,
    #[child(process, workers = 2, shutdown = "30s", backoff = "5ms..50ms")]
    desk: Part,
    #[child]
    back: BackRoom,
}

#[supervisor(strategy = one_for_all)]
struct BackRoom {
    #[child(task, backoff = "5ms..50ms")]
    oven: Part,
    #[child(restart = transient)]
    helper: Part,
}

/// Visits a shop of which it was sent the handle.
#[actor]
struct Visitor {}

#[actor]
impl Visitor {
    #[command]
    async fn visit(&mut self, shop: ShopProxy) -> Result<Vec<String>> {
        let places = [shop.stock().place().await?, shop.desk().place().await?, shop.back().oven().place().await?];
        Ok(places.into_iter().map(|(name, ..)| name).collect())
    }
}

#[pulsar::test]
async fn a_tree_of_structs_has_a_method_for_each_child() -> Result<()> {
    let log = Log::new();
    let one = || Part::new(log.path(), How::Well);
    let shop = Shop::new(one(), one(), BackRoom::new(one(), one())).named("shop").spawn().await?;
    let ready: Vec<_> = log.lines().into_iter().filter(|line| line.starts_with("ready")).collect();
    assert_eq!(
        (ready[0].as_str(), ready[3].as_str(), ready[4].as_str()),
        ("ready shop.stock", "ready shop.back.oven", "ready shop.back.helper")
    );
    assert_eq!(shop.name(), "shop");
    assert_eq!(shop.back().name(), "shop.back");
    assert_eq!(shop.count_children().await?.specs, 3);
    assert_eq!(shop.desk().each().await?.len(), 2);

    // In another process it is good for the same.
    let visitor = Visitor::new().spawn().await?;
    let seen = visitor.visit(shop.clone()).await?;
    assert!(seen[0] == "shop.stock" && seen[1].starts_with("shop.desk.") && seen[2] == "shop.back.oven", "{seen:?}");

    // What is behind the first is begun anew with it, and the handles lead there.
    assert!(shop.stock().burst().await.is_err());
    until("all are back", SOON, async || {
        shop.back().helper().place().await.is_ok_and(|(_, incarnation, _)| incarnation == 2)
    })
    .await;
    assert_eq!(visitor.visit(shop.clone()).await?.len(), 3);
    assert_eq!(shop.stock().place().await?.1, 2);

    shop.stop().await?;
    let lines = log.lines();
    assert_eq!(lines[lines.len() - 1], "stop shop.stock");
    assert_eq!(shop.wait().await?, ExitReason::Shutdown);
    Ok(())
}
