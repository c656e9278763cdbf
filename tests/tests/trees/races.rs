//! What happens to whoever waits while the tree changes under it, and to the tree where several things happen at once.

use std::time::Duration;

use pulsar::{Change, SpawnError, State, Tree, TreeNode, prelude::*};
use pulsar_tests::{
    SOON,
    actors::{Probe, ProbeProxy},
    for_each_kind, proc, until,
};

/// Takes its time to start where its name ends like this, and else ends soon after.
#[actor(thread)]
struct Uneven {
    slow: String,
    millis: u64,
}

#[actor]
impl Uneven {
    #[hook]
    async fn start(&mut self, cx: &mut Context<Self>) -> Result<()> {
        if cx.name().ends_with(&self.slow) {
            tokio::time::sleep(Duration::from_millis(self.millis)).await;
        } else {
            cx.after(Duration::from_millis(5), async { panic!("so soon, as asked") });
        }
        Ok(())
    }
}

/// Blocks its thread, or the loop that it is on.
#[actor(thread)]
struct Blocker {}

#[actor]
impl Blocker {
    #[command]
    fn block(&mut self, millis: u64) {
        std::thread::sleep(Duration::from_millis(millis));
    }

    #[command]
    fn incarnation(&self, cx: &mut Context<Self>) -> u32 {
        cx.incarnation()
    }
}

fn find_node<'a>(nodes: &'a [TreeNode], name: &str) -> Option<&'a TreeNode> {
    nodes.iter().find_map(|node| if node.name == name { Some(node) } else { find_node(&node.children, name) })
}

async fn state(name: &str) -> Result<(Option<State>, u32)> {
    let Tree { roots, left_behind, .. } = pulsar::tree().await?;
    Ok((find_node(&roots, name).map(|node| node.state), left_behind))
}

/// Listens for the end of a reload: how many were replaced, and why it was undone.
async fn reloaded(events: &mut pulsar::Events) -> Result<(u32, Option<String>)> {
    loop {
        if let Change::Reloaded { replaced, refused } = events.next().await?.change {
            return Ok((replaced, refused));
        }
    }
}

#[pulsar::test]
async fn a_name_that_is_none_is_refused_and_nothing_else_happens() -> Result<()> {
    for name in ["a\0b", "", "a b", "new\nline", &"x".repeat(129)] {
        let tree = Supervisor::new(Strategy::OneForOne).child("probe", Probe::new().on(Kind::Thread));
        let refused = tree.named(name).spawn().await;
        assert!(matches!(refused, Err(SpawnError::Invalid(_))), "{name:?}: {refused:?}");
        let refused = Probe::new().on(Kind::Thread).named(name).spawn().await;
        assert!(matches!(refused, Err(SpawnError::Invalid(_))), "{name:?}: {refused:?}");
    }
    assert_eq!(arbiter().ping().await?, "pong");
    Ok(())
}

#[pulsar::test]
async fn however_trees_are_nested_they_can_be_looked_at() -> Result<()> {
    let root = Supervisor::new(Strategy::OneForOne).named("root").spawn().await?;
    let (mut here, mut depth) = (root.clone(), 0);
    let refused = loop {
        match here.start_child("deeper", Supervisor::new(Strategy::OneForOne)).await {
            Ok(next) => (here, depth) = (next, depth + 1),
            Err(error) => break error,
        }
        assert!(depth < 1000, "somewhere it ends");
    };
    assert!(matches!(refused, SpawnError::Invalid(_)), "{refused:?}");
    let mut nodes = 0;
    let mut node = pulsar::tree().await?.roots.into_iter().find(|node| node.name == "root");
    while let Some(TreeNode { children, .. }) = node {
        nodes += 1;
        node = children.into_iter().next();
    }
    assert_eq!(nodes, depth + 1);
    root.stop().await?;
    Ok(())
}

#[pulsar::test]
async fn limits_of_nothing_are_refused() -> Result<()> {
    let pool = || Probe::new().on(Kind::Thread).workers(1);
    for pool in [pool().max_messages(0), pool().max_age(Duration::ZERO), pool().max_memory(0)] {
        let refused = pool.spawn().await;
        assert!(matches!(refused, Err(SpawnError::Invalid(_))), "{refused:?}");
    }
    Ok(())
}

for_each_kind! {
    async fn who_waits_by_key_goes_with_the_key(kind: Kind) -> Result<()> {
        let pool = Probe::new().on(kind).workers(2).with(|params| {
            params.mailbox = 1;
            params.shutdown = SOON;
        });
        let pool = pool.spawn().await?;
        let workers = pool.each().await?;
        let last = workers.last().expect("two").place().await?;
        // A key of the one that is drained first.
        let mut key = 0;
        let all: Vec<_> = futures_util::future::join_all(workers.iter().map(|worker| worker.info())).await;
        let ids: Vec<_> = all.into_iter().map(|info| info.map(|info| info.actor.id)).collect::<Result<_, _>>()?;
        while pool.by_key(key).send(who()).await? != ids[1] {
            key += 1;
        }
        println!("key {key} is for {last:?}");
        // It works on one, one waits in its mailbox, and the third waits for room there.
        let held = || {
            let one = pool.by_key(key);
            tokio::task::spawn_local(async move { one.rest(10_000).timeout(SOON * 2).await })
        };
        let (first, second) = (held(), held());
        until("it is full", SOON, async || {
            let info = workers[1].info().await.expect("it lives");
            info.mailbox.depth == 1
        }).await;
        let keyed = pool.by_key(key);
        let third = tokio::task::spawn_local(async move { keyed.send(who()).timeout(SOON).await });
        tokio::time::sleep(Duration::from_millis(50)).await;
        let began = std::time::Instant::now();
        pool.scale(1).await?;
        assert_eq!(third.await.expect("it ends")?, ids[0], "the key has another place now");
        let took = began.elapsed();
        println!("answered {took:?} after the pool was scaled");
        assert!(took < Duration::from_secs(8), "it waited for the one that drains: {took:?}");
        first.abort();
        second.abort();
        workers[1].kill().await?;
        Ok(())
    }
}

/// Who answers.
#[command]
fn who(cx: &mut Context) -> ActorId {
    cx.id()
}

#[pulsar::test]
async fn a_pool_that_gives_up_before_it_is_up_fails_its_spawn() -> Result<()> {
    let pool = Uneven::new(".2", 60_000).workers(2).named("shaky").with(|params| {
        params.intensity = Some((1, Duration::from_secs(30)));
        params.backoff = (Duration::from_millis(1), Duration::from_millis(2));
        params.shutdown = Duration::from_millis(500);
        params.start_timeout = Duration::from_secs(120);
    });
    let failed = tokio::time::timeout(SOON, pool.spawn()).await.expect("it is answered");
    assert!(matches!(failed, Err(SpawnError::Failed { reason: ExitReason::GaveUp { .. } })), "{failed:?}");
    assert_eq!(state("shaky").await?.0, None, "and its name is free");
    Ok(())
}

#[pulsar::test]
async fn a_thread_that_comes_back_late_changes_nothing() -> Result<()> {
    let mut events = pulsar::events();
    events.listen().await?;
    let blocker = Blocker::new().named("blocker").with(|params| {
        params.timeout = Duration::from_millis(200);
        params.backoff = (Duration::from_secs(300), Duration::from_secs(300));
    });
    let blocker = blocker.spawn().await?;
    blocker.block(4_000).tell().await?;
    until("it is left behind, and waits", SOON, async || {
        state("blocker").await.is_ok_and(|seen| seen == (Some(State::Initial), 1))
    })
    .await;
    until("it comes back", SOON, async || state("blocker").await.is_ok_and(|(_, left)| left == 0)).await;
    assert_eq!(state("blocker").await?.0, Some(State::Initial), "its successor still waits");
    let mut exits = 0;
    while let Ok(event) = tokio::time::timeout(Duration::from_millis(100), events.next()).await {
        let event = event?;
        exits += u32::from(event.actor == "blocker" && matches!(event.change, Change::Exited { .. }));
    }
    assert_eq!(exits, 1, "one incarnation ends once");
    Ok(())
}

#[pulsar::test]
async fn a_loop_that_comes_back_leaves_nobody_behind() -> Result<()> {
    let quick = || {
        Blocker::new().on(Kind::Task).with(|params| {
            params.timeout = Duration::from_millis(300);
            params.backoff = (Duration::from_millis(1), Duration::from_millis(2));
        })
    };
    let mut tree = Supervisor::new(Strategy::OneForOne).restarts(1000, Duration::from_secs(30));
    for name in ["one", "two", "three", "four"] {
        tree = tree.child(name, quick());
    }
    let tree = tree.named("tasks").spawn().await?;
    let one = tree.child::<Blocker>("one").await?;
    for _ in 0..3 {
        let before = one.incarnation().timeout(SOON).await?;
        one.block(3_000).tell().await?;
        until("another has begun", SOON, async || one.incarnation().await.is_ok_and(|now| now > before)).await;
    }
    until("the loops come back", SOON, async || state("one").await.is_ok_and(|(_, left)| left == 0)).await;
    Ok(())
}

#[pulsar::test]
async fn a_reload_waits_for_who_is_being_started() -> Result<()> {
    if !proc::hears_hangups() {
        return Ok(());
    }
    let mut events = pulsar::events();
    events.listen().await?;
    let slow = Uneven::new("slow", 1_000).on(Kind::Process).named("slow");
    let slow = tokio::task::spawn_local(async move { slow.spawn().await });
    while !matches!(events.next().await?.change, Change::Started { .. }) {}
    assert!(proc::signal(std::process::id(), proc::Signal::HUP));
    let reloaded = tokio::time::timeout(SOON, reloaded(&mut events)).await.expect("it ends")?;
    assert_eq!(reloaded, (1, None), "what was begun with the old one is replaced, too");
    assert_eq!(slow.await.expect("it ends")?.info().await?.actor.incarnation, 2);
    Ok(())
}

#[pulsar::test]
async fn a_reload_goes_on_whatever_becomes_of_the_one_it_waits_for() -> Result<()> {
    if !proc::hears_hangups() {
        return Ok(());
    }
    let mut events = pulsar::events();
    events.listen().await?;
    let probe = |_| Probe::new().on(Kind::Process).with(|params| params.shutdown = SOON);
    let tree = Supervisor::new(Strategy::OneForOne).child("one", probe(1)).child("two", probe(2));
    let tree = tree.named("tree").spawn().await?;
    let one: ProbeProxy = tree.child::<Probe>("one").await?;
    for (round, kill) in [(1, true), (2, false)] {
        one.rest(15_000).tell().await?;
        assert!(proc::signal(std::process::id(), proc::Signal::HUP));
        until("it drains", SOON, async || state("one").await.is_ok_and(|seen| seen.0 == Some(State::Stopping))).await;
        if kill {
            one.kill().await?;
        } else {
            let pid = find_node(&pulsar::tree().await?.roots, "one").and_then(|node| node.pid).expect("a process");
            assert!(proc::signal(pid, proc::Signal::KILL));
        }
        let (replaced, refused) = tokio::time::timeout(SOON, reloaded(&mut events)).await.expect("it ends")?;
        assert_eq!((replaced, refused), (round, None));
        if kill {
            tree.restart_child("one").await?;
        }
    }
    Ok(())
}
