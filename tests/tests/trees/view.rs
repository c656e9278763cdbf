//! The tree as a value and as a table, also when much is going on.

use std::time::{Duration, Instant};

use pulsar::{State, prelude::*};
use pulsar_tests::{
    Log, SOON,
    actors::How,
    for_each_kind,
    trees::{Part, node, part, part_that},
    until,
};

#[pulsar::test]
async fn the_tree_says_what_there_is() -> Result<()> {
    let log = Log::new();
    let quick = |params: &mut Params| params.timeout = Duration::from_secs(9);
    let jobs = Supervisor::new(Strategy::RestForOne).child("one", part(log.path(), Kind::Task));
    let site = Supervisor::new(Strategy::OneForOne)
        .child("cache", part(log.path(), Kind::Thread).with(quick))
        .child("api", part(log.path(), Kind::Process).with(quick).workers(2))
        .child("jobs", jobs)
        .named("site")
        .spawn()
        .await?;
    let single = part(log.path(), Kind::Process).named("single").spawn().await?;
    let cache = site.child::<Part>("cache").await?;
    assert!(cache.burst().await.is_err());
    for _ in 0..7 {
        cache.place().await?;
    }
    until("its heartbeat has come", SOON, async || {
        let tree = pulsar::tree().await.expect("an arbiter");
        node(&tree, "site.cache").is_some_and(|cache| cache.handled == Some(7))
    })
    .await;
    let tree = pulsar::tree().await?;
    println!("{tree}");
    let node = |path: &str| node(&tree, path).unwrap_or_else(|| panic!("there is {path}"));
    let cache = node("site.cache");
    assert_eq!((cache.incarnation, cache.restarts, cache.pid, cache.state), (2, 1, None, State::Running));
    assert!(matches!(&cache.last_exit, Some(ExitReason::Panic { message, .. }) if message.contains("burst")));
    let worker = node("site.api.2");
    assert!(worker.pid.is_some() && worker.pid != Some(std::process::id()), "{worker:?}");
    assert!(worker.memory.is_some_and(|bytes| bytes > 1 << 20), "{worker:?}");
    assert_eq!(node("single").pid, Some(single.place().await?.2));
    assert_eq!(node("site.jobs").children.len(), 1);
    let lines: Vec<String> = tree.to_string().lines().map(Into::into).collect();
    assert_eq!(lines.len(), 9, "{tree}");
    for (line, words) in lines.iter().zip([
        &["NAME", "ROLE", "STATE", "PID", "RESTARTS"][..],
        &["site", "one_for_one", "running"],
        &["├─ cache", "thread", "running", "1", "panicked"],
        &["├─ api", "pool of 2"],
        &["│  ├─ 1", "process", "MiB"],
        &["│  └─ 2", "process"],
        &["└─ jobs", "rest_for_one"],
        &["   └─ one", "task"],
        &["single", "process"],
    ]) {
        assert!(words.iter().all(|word| line.contains(word)), "{words:?} in {line}");
    }
    // A part of it, seen from anywhere.
    let part_of = site.tree().await?;
    assert_eq!((part_of.roots.len(), part_of.roots[0].name.as_str()), (1, "site"));
    // A name that is longer than all, or a reason of many lines, spoils nothing.
    assert!(lines.iter().all(|line| line.len() < 200), "{tree}");
    Ok(())
}

for_each_kind! {
    async fn a_pool_says_what_its_workers_do_together(kind: Kind) -> Result<()> {
        let log = Log::new();
        let quick = |params: &mut Params| params.timeout = Duration::from_secs(9);
        let pool = part(log.path(), kind).with(quick).workers(3).named("pool").spawn().await?;
        for _ in 0..30 {
            pool.place().await?;
        }
        let resting = {
            let pool = pool.clone();
            tokio::task::spawn_local(async move { pool.rest(60_000).timeout(SOON * 2).await })
        };
        let monitor = find("pool").await?;
        until("what was asked is counted", SOON, async || {
            let info = monitor.info().await.expect("it answers");
            (info.mailbox.handled, info.mailbox.in_flight) == (30, 1) && info.system.is_some()
        }).await;
        let info = monitor.info().await?;
        println!("{info}");
        assert!(info.actor.uptime > Duration::ZERO, "{info}");
        assert!(info.children.iter().all(|worker| worker.uptime >= info.actor.uptime), "{info:?}");
        let (together, own) = (info.system.expect("a sum"), arbiter().info().await?.system.expect("of the master"));
        if kind == Kind::Process {
            // Three processes that have next to nothing to do.
            let mut workers = 0;
            for worker in pool.each().await? {
                workers += worker.info().await?.system.expect("it has a process").threads;
            }
            // Each says what it uses a while after it is ready.
            until("all have said what they use", SOON, async || {
                let info = monitor.info().await.expect("it answers");
                info.system.is_some_and(|system| system.threads == workers)
            }).await;
        } else {
            assert_eq!(together.threads, own.threads, "they are in the master");
        }
        resting.abort();
        Ok(())
    }
}

/// What the promise of 10 ms is held to here: ten times as long.
const HELD_TO: Duration = Duration::from_millis(100);

#[pulsar::test(timeout = "120s")]
async fn it_is_told_at_once_whatever_goes_on() -> Result<()> {
    let log = Log::new();
    let endless = |params: &mut Params| {
        params.intensity = None;
        params.backoff = (Duration::from_millis(1), Duration::from_millis(2));
    };
    let site = Supervisor::new(Strategy::OneForOne)
        .restarts(u32::MAX, Duration::from_secs(1))
        .child("flood", part(log.path(), Kind::Process))
        .child("well", part(log.path(), Kind::Thread))
        .named("site")
        .spawn()
        .await?;
    // One crashes again and again, one never comes up, one asks its supervisor without pause.
    let there = format!("{}.there", log.path());
    std::fs::write(&there, "yes")?;
    let crashing = part_that(log.path(), Kind::Process, How::IfThere(there.clone())).with(endless);
    let crashing = site.start_child("crashing", crashing).await?;
    std::fs::remove_file(&there)?;
    let _ = crashing.burst().await;
    let stuck = part_that(log.path(), Kind::Process, How::Stuck);
    let hanging = site.clone();
    tokio::task::spawn_local(async move { hanging.start_child("stuck", stuck).await });
    site.child::<Part>("flood").await?.flood_monitor(SOON).tell().await?;
    let restarts =
        async || node(&pulsar::tree().await.expect("an arbiter"), "site.crashing").map_or(0, |node| node.restarts);
    until("it crashes again and again", SOON, async || restarts().await > 5).await;

    let before = restarts().await;
    let mut took = Vec::new();
    for _ in 0..300 {
        let began = Instant::now();
        let tree = pulsar::tree().await?;
        took.push(began.elapsed());
        assert_eq!(node(&tree, "site").map(|site| site.children.len()), Some(4));
        assert_eq!(node(&tree, "site.stuck").map(|stuck| stuck.state), Some(State::Starting));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    took.sort();
    let restarted = restarts().await - before;
    println!(
        "tree(): median {:?}, 99 % {:?}, slowest {:?}, while {restarted} crashed",
        took[150], took[296], took[299]
    );
    assert!(took[296] < HELD_TO, "{:?}", took[296]);
    assert!(restarted > 5, "{restarted}");
    // The pings are answered meanwhile, and whoever is well is asked as ever.
    let began = Instant::now();
    site.child::<Part>("well").await?.place().await?;
    println!("a well child answered within {:?}", began.elapsed());
    assert!(began.elapsed() < HELD_TO, "{:?}", began.elapsed());
    site.kill().await?;
    Ok(())
}
