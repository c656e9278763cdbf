//! A task actor is made while whoever spawns it is polled: what that must not change for either of them.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use pulsar::{SpawnError, prelude::*};
use pulsar_tests::{SOON, until};

/// Spawns another in its `start`, until there are so many, one in the other.
#[actor(task)]
struct Nested {
    below: u32,
}

#[actor]
impl Nested {
    #[hook]
    async fn start(&mut self, _: &mut Context<Self>) -> Result<()> {
        if self.below > 0 {
            Box::pin(Self::new(self.below - 1).spawn()).await?;
        }
        Ok(())
    }
}

/// How many [`Counted`] have been started.
static STARTED: AtomicU32 = AtomicU32::new(0);

#[actor(task)]
struct Counted {}

#[actor]
impl Counted {
    #[hook]
    async fn start(&mut self, _: &mut Context<Self>) -> Result<()> {
        STARTED.fetch_add(1, SeqCst);
        Ok(())
    }
}

/// Takes its loop in its `start`.
#[actor(task)]
struct Slow {
    millis: u64,
}

#[actor]
impl Slow {
    #[hook]
    async fn start(&mut self, _: &mut Context<Self>) -> Result<()> {
        std::thread::sleep(Duration::from_millis(self.millis));
        Ok(())
    }

    #[command]
    async fn incarnation(&self) -> u32 {
        current().map_or(0, |me| me.incarnation())
    }
}

/// Says in its `start` how much time it has, and fails or panics then.
#[actor(task)]
struct Frail {
    panics: bool,
}

#[actor]
impl Frail {
    #[hook]
    async fn start(&mut self, cx: &mut Context<Self>) -> Result<()> {
        assert!(!self.panics, "as it was told to");
        Err(Error::msg(format!("it has {:?}", cx.time_left())))
    }
}

#[actor(thread)]
struct Parent {}

#[actor]
impl Parent {
    /// Which actor this is before and after it has spawned one that fails and one that panics, and what it heard of these.
    #[command]
    async fn bear_frail(&self, cx: &mut Context<Self>) -> Vec<String> {
        let mut said = Vec::new();
        for panics in [false, true] {
            let had = cx.time_left();
            match Frail::new(panics).spawn().await {
                Err(SpawnError::Failed { reason }) => said.push(reason.to_string()),
                other => said.push(format!("{other:?}")),
            }
            let me = current().map(|me| me.id());
            let still = me == Some(cx.id()) && cx.time_left().is_some() == had.is_some();
            said.push(format!("itself: {still}"));
        }
        said
    }

    #[command]
    async fn bear_slow(&self, millis: u64) -> Result<u32, String> {
        let timeout = Duration::from_millis(millis * 3 / 4);
        let slow =
            Slow::new(millis).on(Kind::Task).timeout(timeout).spawn().await.map_err(|error| error.to_string())?;
        tokio::time::sleep(timeout * 2).await;
        slow.incarnation().await.map_err(|error| error.to_string())
    }
}

#[pulsar::test]
async fn actors_that_are_spawned_one_in_the_other_do_not_exhaust_the_stack() -> Result<()> {
    Nested::new(5000).spawn().await?;
    Ok(())
}

#[pulsar::test]
async fn whoever_spawns_many_together_does_not_hold_the_loop_until_all_have_begun() -> Result<()> {
    let mut all = pin!(futures_util::future::try_join_all((0..500).map(|_| Counted::new().spawn())));
    let first = all.as_mut().poll(&mut TaskContext::from_waker(Waker::noop()));
    assert!(matches!(first, Poll::Pending));
    let started = STARTED.load(SeqCst);
    assert!(started < 100, "{started} at once");
    assert_eq!(all.await?.len(), 500);
    assert_eq!(STARTED.load(SeqCst), 500);
    Ok(())
}

#[pulsar::test]
async fn who_takes_long_to_start_has_its_whole_time_from_then_on() -> Result<()> {
    let parent = Parent::new().spawn().await?;
    assert_eq!(parent.bear_slow(800).timeout(SOON).await?, 1);
    Ok(())
}

#[pulsar::test]
async fn a_start_that_fails_or_panics_is_no_concern_of_whoever_spawns() -> Result<()> {
    let parent = Parent::new().spawn().await?;
    let said = parent.bear_frail().timeout(SOON).await?;
    let [failed, itself, panicked, still_itself] = said.as_slice() else { panic!("{said:?}") };
    assert!(failed.contains("it has None"), "{failed}");
    assert!(panicked.contains("as it was told to"), "{panicked}");
    assert_eq!((itself.as_str(), still_itself.as_str()), ("itself: true", "itself: true"));
    until("it is as it was", SOON, async || parent.info().await.is_ok_and(|info| info.actor.incarnation == 1)).await;
    Ok(())
}
