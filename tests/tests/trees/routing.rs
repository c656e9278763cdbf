//! Who of a pool gets what.

use std::{cell::Cell, collections::BTreeMap, rc::Rc, time::Duration};

use futures_util::future::join_all;
use pulsar::{Started, prelude::*};
use pulsar_tests::{
    AT_ONCE, Log, SOON,
    actors::sum,
    append, for_each_kind, kills, proc,
    trees::{PartProxy, part},
    until,
};

/// A pool of this name.
async fn pool(log: &Log, kind: Kind, workers: u32, routing: Routing) -> Result<PartProxy> {
    Ok(part(log.path(), kind).workers(workers).routing(routing).named("pool").spawn().await?)
}

/// How often each worker answered.
fn shares(names: impl IntoIterator<Item = String>) -> BTreeMap<String, u32> {
    names.into_iter().fold(BTreeMap::new(), |mut shares, name| {
        *shares.entry(name).or_default() += 1;
        shares
    })
}

for_each_kind! {
    async fn one_that_is_busy_gets_nothing_more(kind: Kind) -> Result<()> {
        let log = Log::new();
        let pool = pool(&log, kind, 3, Routing::LeastInFlight).await?;
        let asked = pool.clone();
        let resting = tokio::task::spawn_local(async move { asked.rest(2_000).await });
        tokio::time::sleep(Duration::from_millis(50)).await;
        let mut names = Vec::new();
        for _ in 0..30 {
            names.push(pool.place().timeout(SOON).await?.0);
        }
        let shares = shares(names);
        assert!(!resting.is_finished(), "it was busy all the time");
        let busy = resting.await.expect("it ends")?;
        assert!(!shares.contains_key(&busy), "{busy} was busy: {shares:?}");
        assert_eq!(shares.len(), 2, "{shares:?}");
        Ok(())
    }

    async fn who_is_busy_for_others_holds_up_one_ask(kind: Kind) -> Result<()> {
        // A process knows what it has asked itself. One ask finds out; the others go elsewhere.
        let log = Log::new();
        let pool = pool(&log, kind, 2, Routing::LeastInFlight).await?;
        let busy = pool.each().await?[0].clone();
        let resting = tokio::task::spawn_local(async move { busy.rest(2_000).await });
        tokio::time::sleep(Duration::from_millis(50)).await;
        let asked = [pool.clone(), pool.clone()].map(|pool| {
            tokio::task::spawn_local(async move {
                let began = std::time::Instant::now();
                for _ in 0..20 {
                    pool.place().timeout(SOON).await?;
                }
                Ok::<_, AskError>(began.elapsed())
            })
        });
        let mut took = Vec::new();
        for asked in asked {
            took.push(asked.await.expect("it ends")?);
        }
        took.sort();
        println!("twenty asks took {took:?}");
        assert!(took[0] < Duration::from_secs(1), "{took:?}");
        resting.await.expect("it ends")?;
        Ok(())
    }

    async fn a_worker_that_came_later_has_its_share(kind: Kind) -> Result<()> {
        let log = Log::new();
        let pool = pool(&log, kind, 1, Routing::RoundRobin).await?;
        let far = part(log.path(), Kind::Process).spawn().await?;
        assert_eq!(far.place_of(pool.clone()).await?.0, "pool.1");
        pool.scale(3).await?;
        until("from elsewhere all three are reached", SOON, async || {
            let mut names = Vec::new();
            for _ in 0..6 {
                names.push(far.place_of(pool.clone()).await.expect("it is answered").0);
            }
            shares(names).into_values().eq([2, 2, 2])
        })
        .await;
        Ok(())
    }

    async fn asks_at_once_are_spread(kind: Kind) -> Result<()> {
        let log = Log::new();
        let pool = pool(&log, kind, 4, Routing::LeastInFlight).await?;
        let answers = join_all((0..40).map(|_| pool.rest(5))).await;
        let shares = shares(answers.into_iter().collect::<Result<Vec<_>, _>>()?);
        assert_eq!(shares.into_values().collect::<Vec<_>>(), [10, 10, 10, 10]);
        Ok(())
    }

    async fn in_turn_means_in_turn(kind: Kind) -> Result<()> {
        let log = Log::new();
        let pool = pool(&log, kind, 3, Routing::RoundRobin).await?;
        let mut names = Vec::new();
        for _ in 0..30 {
            names.push(pool.place().await?.0);
        }
        assert_eq!(shares(names).into_values().collect::<Vec<_>>(), [10, 10, 10]);
        Ok(())
    }

    async fn a_key_falls_to_one_worker(kind: Kind) -> Result<()> {
        let log = Log::new();
        let pool = pool(&log, kind, 4, Routing::LeastInFlight).await?;
        let mut places = BTreeMap::new();
        for key in 0..40_u32 {
            places.insert(key, pool.by_key(key).place().await?.0);
        }
        assert_eq!(shares(places.values().cloned()).len(), 4, "{places:?}");
        for (key, name) in &places {
            assert_eq!(pool.by_key(*key).place().await?.0, *name);
        }
        // It waits for the next life of the worker in its place.
        let name = places[&7].clone();
        assert!(pool.by_key(7_u32).burst().await.is_err());
        let (again, incarnation, _) = pool.by_key(7_u32).place().await?;
        assert_eq!((again, incarnation), (name, 2));
        let far = part(log.path(), Kind::Process).spawn().await?;
        let sent = far.place_of(pool.by_key(7_u32)).await;
        assert!(matches!(sent, Err(AskError::Unencodable(_))), "it belongs to its process: {sent:?}");
        Ok(())
    }

    async fn tells_and_open_commands_reach_a_worker(kind: Kind) -> Result<()> {
        let log = Log::new();
        let pool = pool(&log, kind, 3, Routing::RoundRobin).await?;
        for _ in 0..30 {
            pool.place().tell().await?;
        }
        let mut handled = 0;
        for worker in pool.each().await? {
            handled += worker.count().await? - 1;
        }
        assert_eq!(handled, 30);
        let (name, total) = pool.send(sum(2, 3)).await?;
        assert!(name.starts_with("pool.") && total == 5, "{name}: {total}");
        // A built-in command is answered by the monitor.
        assert_eq!(pool.info().await?.actor.name, "pool");
        assert_eq!(pool.ping().await?, "pong");
        assert_eq!(send("pool.2", command::ping()).await?, "pong");
        Ok(())
    }

    async fn others_may_ask_too(kind: Kind) -> Result<()> {
        let log = Log::new();
        let pool = pool(&log, kind, 2, Routing::LeastInFlight).await?;
        let far = part(log.path(), Kind::Process).spawn().await?;
        assert!(far.place_of(pool.clone()).await?.0.starts_with("pool."));
        assert_eq!(far.ask_often(pool.clone(), 100).await?, Vec::<String>::new());
        // A worker that asks its own pool asks another of it.
        for worker in pool.each().await? {
            for _ in 0..10 {
                assert_ne!(worker.place_of(pool.clone()).await?.0, worker.name());
            }
        }
        Ok(())
    }

    async fn the_only_worker_cannot_ask_its_pool(kind: Kind) -> Result<()> {
        let log = Log::new();
        let pool = pool(&log, kind, 1, Routing::LeastInFlight).await?;
        let began = std::time::Instant::now();
        let failures = pool.ask_often(pool.clone(), 1).await?;
        assert_eq!(failures.len(), 1);
        println!("after {:?}: {}", began.elapsed(), failures[0]);
        assert!(failures[0].contains("itself"), "{failures:?}");
        assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
        Ok(())
    }

    async fn whoever_asks_while_none_lives_waits(kind: Kind) -> Result<()> {
        let log = Log::new();
        let pool = pool(&log, kind, 2, Routing::LeastInFlight).await?;
        let far = part(log.path(), Kind::Process).spawn().await?;
        assert!(far.place_of(pool.clone()).await.is_ok());
        for worker in pool.each().await? {
            assert!(worker.burst().await.is_err());
        }
        let here = pool.place().await;
        assert!(here.as_ref().is_ok_and(|place| place.1 == 2), "from here: {here:?}");
        // What was sent from there before it was heard there that a worker leaves may have died with it: that is said, once.
        let there = match far.place_of(pool.clone()).await {
            Err(error) if error.to_string().starts_with("the actor died with") => far.place_of(pool.clone()).await,
            answer => answer,
        };
        assert!(there.as_ref().is_ok_and(|place| place.1 == 2), "from there: {there:?}");
        Ok(())
    }

    async fn a_full_pool_says_so_and_waits_for_room(kind: Kind) -> Result<()> {
        let log = Log::new();
        let narrow = part(log.path(), kind).mailbox(1).workers(2).named("pool").spawn().await?;
        let began = std::time::Instant::now();
        let mut taken = 0;
        let error = loop {
            match narrow.rest(100).try_tell() {
                Ok(()) => taken += 1,
                Err(error) => break error,
            }
            assert!(taken < 100, "it is never full");
            tokio::time::sleep(Duration::from_millis(1)).await;
        };
        assert!(matches!(error, AskError::Full), "{error:?}");
        assert!((2..=8).contains(&taken), "{taken}");
        narrow.place().await?;
        println!("full after {taken}, room after {:?}", began.elapsed());
        Ok(())
    }
}

#[pulsar::test(timeout = "120s")]
async fn a_killed_worker_fails_only_what_it_held() -> Result<()> {
    const ASKERS: usize = 8;
    let log = Log::new();
    let endless = |params: &mut Params| params.intensity = None;
    let pool = part(log.path(), Kind::Process).with(endless).workers(4).named("pool").spawn().await?;
    let far = part(log.path(), Kind::Process).named("far").spawn().await?;
    let (far_pool, path) = (pool.clone(), log.path());
    let far_asks = tokio::task::spawn_local(async move { far.ask_until(far_pool, path).timeout(SOON * 5).await });
    let done = Rc::new(Cell::new(false));
    let askers: Vec<_> = (0..ASKERS)
        .map(|_| {
            let (pool, done) = (pool.clone(), done.clone());
            tokio::task::spawn_local(async move {
                let (mut answered, mut failures) = (0_u64, Vec::new());
                while !done.get() {
                    match pool.rest(1).await {
                        Ok(_) => answered += 1,
                        Err(error) => failures.push(error),
                    }
                }
                (answered, failures)
            })
        })
        .collect();
    let mut killed = 0;
    while killed < kills(40) {
        for worker in pool.each().await? {
            // One that is on its way back cannot be killed.
            let Ok(Ok(info)) = tokio::time::timeout(Duration::from_secs(1), worker.info()).await else { continue };
            killed += u32::from(proc::signal(info.actor.pid, proc::Signal::KILL));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    until("the pool is whole again", SOON, async || {
        let tree = pulsar::tree().await.expect("an arbiter");
        let node = pulsar_tests::trees::node(&tree, "pool").expect("the pool");
        node.children.len() == 4 && node.children.iter().all(|child| child.state == pulsar::State::Running)
    })
    .await;
    done.set(true);
    append(&format!("{}.end", log.path()), "end");
    let (mut answered, mut failures) = (0, Vec::new());
    for asker in askers {
        let (more, failed) = asker.await.expect("it ends");
        answered += more;
        failures.extend(failed);
    }
    let (far_answered, far_failures) = far_asks.await.expect("it ends")?;
    println!(
        "{killed} killed: {answered} answered, {} failed; from elsewhere {far_answered} and {}",
        failures.len(),
        far_failures.len()
    );
    for error in &failures {
        assert!(
            matches!(
                error,
                AskError::ActorDied {
                    reason: ExitReason::Signal { number: 9, .. },
                    started: Started::Yes | Started::Unknown
                }
            ),
            "{error:?}"
        );
    }
    assert!(far_failures.iter().all(|text| text.starts_with("the actor died with")), "{far_failures:?}");
    // No more than what was in flight with each that was killed.
    assert!(failures.len() + far_failures.len() <= killed as usize * (ASKERS + 1));
    // A tenth of what a machine does that has much else to do.
    assert!(answered > 20 && far_answered > 1, "{answered} {far_answered}");
    Ok(())
}
