//! Deadlines travel; who gives up takes its message back; who runs is told.

use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use pulsar::{AskError, prelude::*};
use pulsar_tests::{
    Log, SOON,
    actors::{Probe, ProbeProxy},
    for_each_kind, until,
};

/// Waits until its handler runs.
async fn busy(probe: &ProbeProxy) {
    until("its handler runs", SOON, async || probe.info().await.is_ok_and(|info| info.mailbox.in_flight > 0)).await;
}

/// What `info` counts as dropped.
async fn dropped(probe: &ProbeProxy) -> u64 {
    probe.info().await.map_or(0, |info| info.mailbox.dropped)
}

for_each_kind! {
    async fn a_nested_ask_has_what_is_left(kind: Kind) -> Result<()> {
        for other in [Kind::Process, Kind::Thread, Kind::Task] {
            let outer = Probe::new().on(kind).spawn().await?;
            let inner = Probe::new().on(other).spawn().await?;
            let left = outer.time_left_of(inner.clone()).timeout(Duration::from_millis(2500)).await?.expect("a deadline");
            assert!((200..=2500).contains(&left), "{other}: {left}");
            // The outer deadline ends the inner ask, which would have waited for an hour.
            let log = Log::new();
            let began = Instant::now();
            let asked = outer.have_rest(inner.clone(), 30_000, log.path()).timeout(Duration::from_millis(200)).await;
            // Both end at the same moment: the inner one may be first, and then the outer handler says so.
            assert!(matches!(asked, Err(AskError::Timeout { .. } | AskError::Command(_))), "{asked:?}");
            assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
            until("the inner ask has ended", SOON, async || log.lines().len() == 1).await;
            assert!(log.lines().iter().all(|line| line.contains("Timeout")), "{:?}", log.lines());
        }
        Ok(())
    }

    async fn what_has_expired_is_dropped_unhandled(kind: Kind) -> Result<()> {
        let log = Log::new();
        let probe = Probe::new().on(kind).spawn().await?;
        let resting = tokio::task::spawn_local({
            let probe = probe.clone();
            async move { probe.rest(500).await }
        });
        busy(&probe).await;
        let before = dropped(&probe).await;
        let asked = probe.mark(log.path(), 1).timeout(Duration::from_millis(50)).await;
        assert!(matches!(asked, Err(AskError::Timeout { .. })), "{asked:?}");
        assert_eq!(resting.await?, Ok(500));
        assert_eq!(probe.mark(log.path(), 2).await?, 2);
        assert_eq!(log.lines(), ["2"], "the first was never handled");
        assert!(dropped(&probe).await > before, "and was counted");
        Ok(())
    }

    async fn who_gives_up_takes_its_message_back(kind: Kind) -> Result<()> {
        let log = Log::new();
        let probe = Probe::new().on(kind).spawn().await?;
        let resting = tokio::task::spawn_local({
            let probe = probe.clone();
            async move { probe.rest(500).await }
        });
        busy(&probe).await;
        let gone = tokio::time::timeout(Duration::from_millis(50), probe.mark(log.path(), 1)).await;
        assert!(gone.is_err());
        assert_eq!(resting.await?, Ok(500));
        assert_eq!(probe.mark(log.path(), 2).await?, 2);
        assert_eq!(log.lines(), ["2"]);
        Ok(())
    }

    async fn a_running_handler_hears_that_its_caller_is_gone(kind: Kind) -> Result<()> {
        let log = Log::new();
        let probe = Probe::new().on(kind).spawn().await?;
        // By its deadline..
        let asked = probe.watch_caller(log.path()).timeout(Duration::from_millis(300)).await;
        assert!(matches!(asked, Err(AskError::Timeout { .. })), "{asked:?}");
        until("it was told", SOON, async || log.lines() == ["begun", "cancelled"]).await;
        // .. and because it was dropped.
        let mut asking = Box::pin(probe.watch_caller(log.path()).timeout(SOON));
        let begun = std::pin::pin!(until("it runs again", SOON, async || log.lines().len() == 3));
        assert!(matches!(select(asking.as_mut(), begun).await, Either::Right(_)), "it was answered");
        drop(asking);
        until("it was told again", SOON, async || log.lines() == ["begun", "cancelled", "begun", "cancelled"]).await;
        assert_eq!(probe.add(1).await?, 1);
        Ok(())
    }

    async fn a_cancellable_handler_is_dropped_midway(kind: Kind) -> Result<()> {
        let log = Log::new();
        let probe = Probe::new().on(kind).spawn().await?;
        let asked = probe.droppable(log.path()).timeout(Duration::from_millis(300)).await;
        assert!(matches!(asked, Err(AskError::Timeout { .. })), "{asked:?}");
        until("it was dropped", SOON, async || log.lines() == ["begun", "dropped"]).await;
        // The mailbox goes on at once, not after the 30 s.
        assert_eq!(probe.add(1).await?, 1);
        Ok(())
    }

    async fn a_late_reply_is_counted_and_never_mistaken(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).spawn().await?;
        let before = dropped(&probe).await;
        let asked = probe.rest(200).timeout(Duration::from_millis(50)).await;
        assert!(matches!(asked, Err(AskError::Timeout { .. })), "{asked:?}");
        assert_eq!(probe.add(7).await?, 7, "its own answer, not the late one");
        until("the late reply is counted", SOON, async || dropped(&probe).await > before).await;
        assert_eq!(probe.noted().await?, [200], "the handler itself ran to its end");
        Ok(())
    }

    async fn an_idempotent_command_is_sent_again(kind: Kind) -> Result<()> {
        let log = Log::new();
        let probe = Probe::new().on(kind).with(|params| params.intensity = None).spawn().await?;
        assert_eq!(probe.mark_again(log.path(), 2).timeout(SOON).await?, 3);
        assert_eq!(log.lines(), ["1", "2", "3"]);
        // Another is not.
        let log = Log::new();
        let burst = probe.mark_then_burst(log.path()).timeout(SOON).await;
        assert!(matches!(burst, Err(AskError::ActorDied { .. })), "{burst:?}");
        until("it is back", SOON, async || probe.add(0).await.is_ok()).await;
        assert_eq!(log.lines(), ["begun"]);
        Ok(())
    }

    async fn an_idempotent_command_ends_with_its_deadline(kind: Kind) -> Result<()> {
        let log = Log::new();
        let probe = Probe::new().on(kind).with(|params| params.intensity = None).spawn().await?;
        let began = Instant::now();
        let asked = probe.mark_again(log.path(), 1_000_000).timeout(Duration::from_millis(700)).await;
        assert!(matches!(asked, Err(AskError::Timeout { .. } | AskError::ActorDied { .. })), "{asked:?}");
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        Ok(())
    }

    async fn an_idempotent_command_ends_when_its_actor_is_parked(kind: Kind) -> Result<()> {
        let log = Log::new();
        let probe = Probe::new().on(kind).with(|params| {
            params.intensity = Some((1, Duration::from_secs(60)));
            params.backoff = (Duration::from_millis(10), Duration::from_millis(10));
        }).spawn().await?;
        let asked = probe.mark_again(log.path(), 1_000_000).timeout(SOON).await;
        assert!(matches!(&asked, Err(AskError::ActorDied { reason: ExitReason::GaveUp { .. } | ExitReason::Panic { .. }, .. })), "{asked:?}");
        assert_eq!(log.lines(), ["1", "2"]);
        Ok(())
    }

    async fn a_deferred_answer_keeps_the_deadline(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).spawn().await?;
        let asked = probe.later(30_000).timeout(Duration::from_millis(100)).await;
        assert!(matches!(asked, Err(AskError::Timeout { .. })), "{asked:?}");
        let (late, early) = futures_util::future::join(probe.later(300), probe.later(100)).await;
        assert_eq!((late?, early?), (300, 100));
        Ok(())
    }
}
