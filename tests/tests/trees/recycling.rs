//! Workers that are replaced while they are asked: nothing is lost, and never are there fewer than before.

use std::{cell::Cell, rc::Rc, time::Duration};

use pulsar::{Change, Due, State, prelude::*};
use pulsar_tests::{
    Log, Random, SOON,
    actors::How,
    append, for_each_kind,
    trees::{Ears, PartProxy, ask_until, node, part, part_that},
    until,
};
use tokio::task::JoinHandle;

/// Asks a pool without pause, from here and from another process, until it is told to end.
struct Load {
    done: Rc<Cell<bool>>,
    here: Vec<JoinHandle<(u64, Vec<String>)>>,
    there: JoinHandle<Result<(u64, Vec<String>), AskError>>,
    log: Log,
}

impl Load {
    async fn begin(pool: &PartProxy) -> Result<Self> {
        let log = Log::new();
        let done = Rc::new(Cell::new(false));
        let asks = || {
            let (pool, done) = (pool.clone(), done.clone());
            tokio::task::spawn_local(async move { ask_until(&pool, || done.get()).await })
        };
        let here = (0..3).map(|_| asks()).collect();
        let far = part(log.path(), Kind::Process).named("far").spawn().await?;
        let (pool, path) = (pool.clone(), log.path());
        let there = tokio::task::spawn_local(async move { far.ask_until(pool, path).timeout(SOON * 10).await });
        Ok(Self { done, here, there, log })
    }

    /// Fails if a single ask failed; says how many were answered.
    async fn end(self) -> Result<u64> {
        self.done.set(true);
        append(&format!("{}.end", self.log.path()), "end");
        let mut answered = 0;
        for asks in self.here {
            let (count, failures) = asks.await.expect("it ends");
            assert!(failures.is_empty(), "{} of {count} failed here: {failures:#?}", failures.len());
            answered += count;
        }
        let (count, failures) = self.there.await.expect("it ends")?;
        assert!(failures.is_empty(), "{} of {count} failed from another process: {failures:#?}", failures.len());
        // A tenth of what two cores do that have much else to do.
        assert!(answered > 15 && count > 2, "{answered} here, {count} there");
        Ok(answered + count)
    }
}

/// How often a pool is scaled, and how many workers are replaced; `PULSAR_ROUNDS` says otherwise.
fn rounds() -> usize {
    std::env::var("PULSAR_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(200)
}

/// How many workers there are that count.
async fn running() -> (usize, usize) {
    let tree = pulsar::tree().await.expect("an arbiter");
    let pool = node(&tree, "pool").expect("the pool");
    (pool.children.iter().filter(|worker| worker.state == State::Running).count(), pool.children.len())
}

/// One whose heartbeats come soon: at each it is seen what a worker has used.
fn quick(params: &mut Params) {
    params.timeout = Duration::from_secs(3);
    params.shutdown = SOON;
}

for_each_kind! {
    async fn scaling_loses_nothing(kind: Kind) -> Result<()> {
        let mut random = Random::from_env();
        let log = Log::new();
        let pool = part(log.path(), kind).workers(2).named("pool").spawn().await?;
        let load = Load::begin(&pool).await?;
        let rounds = if kind == Kind::Process { rounds() / 2 } else { rounds() };
        let mut wanted = 2;
        for _ in 0..rounds {
            wanted = 1 + random.below(4) as usize;
            pool.scale(wanted as u32).await?;
            tokio::time::sleep(Duration::from_millis(random.below(15))).await;
        }
        until("it has as many as it was told last", SOON, async || running().await == (wanted, wanted)).await;
        println!("{rounds} times scaled: {} asks, all answered", load.end().await?);
        Ok(())
    }
}

for_each_kind! {
    async fn recycling_by_count_loses_nothing(kind: Kind) -> Result<()> {
        recycle(kind, Due::Messages, rounds() / 20, |spawn| spawn.max_messages(20)).await
    }

    async fn recycling_by_age_loses_nothing(kind: Kind) -> Result<()> {
        let rounds = if kind == Kind::Process { rounds() / 2 } else { rounds() };
        recycle(kind, Due::Age, rounds, |spawn| spawn.max_age(Duration::from_millis(30))).await
    }
}

/// Replaces so many workers under load.
async fn recycle(
    kind: Kind,
    due: Due,
    rounds: usize,
    limit: impl FnOnce(pulsar::Spawn<pulsar_tests::trees::Part>) -> pulsar::Spawn<pulsar_tests::trees::Part>,
) -> Result<()> {
    let log = Log::new();
    let mut ears = Ears::open().await?;
    let pool = limit(part(log.path(), kind).with(quick)).workers(3).named("pool").spawn().await?;
    let load = Load::begin(&pool).await?;
    let began = std::time::Instant::now();
    for _ in 0..rounds {
        let replaced = ears.wait("a worker is replaced", |event| event.change.name() == "replaced").await;
        assert!(matches!(replaced.change, Change::Replaced { why, .. } if why == due), "{replaced}");
    }
    let took = began.elapsed();
    println!("{rounds} replaced within {took:?}: {} asks, all answered", load.end().await?);
    check_order(&ears);
    Ok(())
}

/// One replacement at a time, and the successor is ready before the one that it replaces ends. Listened to from before the
/// pool was there.
fn check_order(ears: &Ears) {
    let (mut fresh, mut ready) = (0_i32, 0_i32);
    let up = ears.heard.iter().position(|event| event.actor == "pool" && matches!(event.change, Change::Ready));
    let since = ears.heard.iter().skip(up.expect("it was heard that the pool is up"));
    for event in since.filter(|event| event.actor.starts_with("pool.")) {
        match event.change {
            Change::Started { .. } => fresh += 1,
            Change::Ready => ready += 1,
            Change::Exited { ref reason } => {
                assert_eq!(*reason, ExitReason::Shutdown, "{:#?}", ears.lines());
                (fresh, ready) = (fresh - 1, ready - 1);
            }
            _ => {}
        }
        assert!((0..=1).contains(&fresh), "one at a time: {:#?}", ears.lines());
        assert!(ready >= 0, "ready before the other ends: {:#?}", ears.lines());
    }
}

#[pulsar::test(timeout = "120s")]
async fn recycling_by_memory_loses_nothing() -> Result<()> {
    let log = Log::new();
    let mut ears = Ears::open().await?;
    let pool =
        part(log.path(), Kind::Process).with(quick).max_memory(120 << 20).workers(2).named("pool").spawn().await?;
    let load = Load::begin(&pool).await?;
    for _ in 0..5 {
        let fat = pool.each().await?[0].clone();
        fat.swell(150).timeout(SOON).await?;
        let replaced = ears.wait("a worker is replaced", |event| event.change.name() == "replaced").await;
        println!("{replaced}");
        assert!(matches!(replaced.change, Change::Replaced { why: Due::Memory, .. }), "{replaced}");
    }
    println!("five replaced: {} asks, all answered", load.end().await?);
    check_order(&ears);
    Ok(())
}

for_each_kind! {
    async fn a_successor_that_is_slow_keeps_nobody_waiting(kind: Kind) -> Result<()> {
        let log = Log::new();
        let mut ears = Ears::open().await?;
        let pool = part_that(log.path(), kind, How::After(200)).max_age(Duration::from_millis(400)).with(quick).workers(2).named("pool").spawn().await?;
        let load = Load::begin(&pool).await?;
        let mut fewest = usize::MAX;
        for _ in 0..4 {
            let began = std::time::Instant::now();
            while began.elapsed() < Duration::from_millis(300) {
                fewest = fewest.min(running().await.0);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            ears.wait("a worker is replaced", |event| event.change.name() == "replaced").await;
        }
        assert!(fewest >= 2, "never fewer than two: {fewest}");
        println!("{} asks, all answered; never fewer than {fewest} workers", load.end().await?);
        check_order(&ears);
        Ok(())
    }

    async fn without_a_good_successor_the_old_one_stays(kind: Kind) -> Result<()> {
        let log = Log::new();
        let there = format!("{}.there", log.path());
        append(&there, "yes");
        let pool = part_that(log.path(), kind, How::IfThere(there.clone())).max_age(Duration::from_millis(400)).with(quick).workers(2).named("pool").spawn().await?;
        std::fs::remove_file(&there)?;
        let mut ears = Ears::open().await?;
        let load = Load::begin(&pool).await?;
        for _ in 0..3 {
            let refused = ears.wait("a successor is no good", |event| event.change.name() == "refused").await;
            let Change::Refused { reason } = &refused.change else { panic!("{refused}") };
            assert!(matches!(reason, ExitReason::StartFailed(text) if text.contains("is not there")), "{reason:?}");
        }
        assert_eq!(ears.count(|event| event.change.name() == "replaced"), 0, "{:#?}", ears.lines());
        assert_eq!(running().await.0, 2);
        append(&there, "yes");
        ears.wait("a successor is good", |event| event.change.name() == "replaced").await;
        println!("{} asks, all answered", load.end().await?);
        Ok(())
    }

    async fn what_was_accepted_is_finished(kind: Kind) -> Result<()> {
        let log = Log::new();
        let pool = part(log.path(), kind).workers(3).named("pool").spawn().await?;
        let asks: Vec<_> = (0..9)
            .map(|_| {
                let pool = pool.clone();
                tokio::task::spawn_local(async move { pool.rest(300).timeout(SOON).await })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(50)).await;
        // Each has one under way, and two wait.
        pool.scale(1).await?;
        let mut ears = Ears::open().await?;
        let mut names = std::collections::BTreeSet::new();
        for ask in asks {
            names.insert(ask.await.expect("it ends")?);
        }
        assert_eq!(names.len(), 3, "{names:?}");
        for name in ["pool.3", "pool.2"] {
            ears.rewind();
            ears.wait_for(name, "gone").await;
        }
        assert_eq!(running().await, (1, 1));
        assert_eq!(pool.place().await?.0, "pool.1");
        Ok(())
    }

    async fn one_that_does_not_finish_is_ended(kind: Kind) -> Result<()> {
        let log = Log::new();
        let short = part(log.path(), kind).with(|params| params.shutdown = Duration::from_millis(300));
        let pool = short.workers(2).named("pool").spawn().await?;
        let resting: Vec<_> = pool.each().await?.into_iter().map(|worker| tokio::task::spawn_local(async move { worker.rest(60_000).timeout(SOON).await })).collect();
        tokio::time::sleep(Duration::from_millis(50)).await;
        pool.scale(1).await?;
        let began = std::time::Instant::now();
        until("one is gone", SOON, async || running().await == (1, 1)).await;
        println!("ended after {:?}, where it had 300 ms", began.elapsed());
        assert!(began.elapsed() > Duration::from_millis(200), "{:?}", began.elapsed());
        let ended = resting.iter().filter(|ask| ask.is_finished()).count();
        assert_eq!(ended, 1);
        Ok(())
    }
}

for_each_kind! {
    async fn what_comes_in_pieces_is_not_lost(kind: Kind) -> Result<()> {
        let mut random = Random::from_env();
        let log = Log::new();
        let pool = part(log.path(), kind).workers(2).named("pool").spawn().await?;
        let far = part(log.path(), Kind::Process).named("far").spawn().await?;
        let asks: Vec<_> = (0..4)
            .map(|_| {
                let (far, pool) = (far.clone(), pool.clone());
                tokio::task::spawn_local(async move { far.send_large(pool, 600 << 10, 10).timeout(SOON * 3).await })
            })
            .collect();
        while !asks.iter().all(JoinHandle::is_finished) {
            pool.scale(1 + random.below(3) as u32).await?;
            tokio::time::sleep(Duration::from_millis(random.below(40))).await;
        }
        for ask in asks {
            assert_eq!(ask.await.expect("it ends")?, Vec::<String>::new());
        }
        Ok(())
    }
}
