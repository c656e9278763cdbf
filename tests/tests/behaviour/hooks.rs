//! The hooks: start, stopping, periodic_task, on_info, on_params.

use std::time::Duration;

use pulsar::{SpawnError, prelude::*};
use pulsar_tests::{
    Log, SOON,
    actors::{Hooked, How, Starter},
    for_each_kind, until,
};

for_each_kind! {
    async fn each_runs_when_it_should(kind: Kind) -> Result<()> {
        let log = Log::new();
        let hooked = Hooked::new(log.path(), false).on(kind).with(|params| params.timeout = Duration::from_secs(1)).spawn().await?;
        // `on_params` ran here, once, before anything was made.
        assert_eq!(hooked.name(), "hooked");
        assert_eq!(log.lines()[0], "start: eu");
        let info = hooked.info().await?;
        assert_eq!(info.extra("colour"), Some("green"));
        until("the periodic task runs", SOON, async || log.lines().iter().filter(|line| *line == "periodic").count() > 2).await;
        hooked.stop().await?;
        let lines = log.lines();
        assert_eq!(lines.last().map(String::as_str), Some("stopping: was stopped on request"), "{lines:?}");
        assert_eq!(lines.iter().filter(|line| line.starts_with("start:")).count(), 1);
        Ok(())
    }

    async fn on_params_can_refuse(kind: Kind) -> Result<()> {
        let log = Log::new();
        let refused = Hooked::new(log.path(), false).on(kind).with(|params| drop(params.extra.insert("forbidden".into(), "yes".into()))).spawn().await;
        assert_eq!(refused.err(), Some(SpawnError::Invalid("forbidden, as asked".into())));
        assert!(log.lines().is_empty());
        Ok(())
    }

    async fn a_failing_periodic_task_ends_the_incarnation(kind: Kind) -> Result<()> {
        let log = Log::new();
        let hooked = Hooked::new(log.path(), true).on(kind).with(|params| {
            params.timeout = Duration::from_secs(1);
            params.restart = Restart::Temporary;
        }).spawn().await?;
        until("it is gone", SOON, async || find("hooked").await.is_err()).await;
        let after = hooked.ping().await;
        match after {
            Err(AskError::ActorDied { reason: ExitReason::Error(text), .. }) => assert!(text.contains("out of patience"), "{text}"),
            other => panic!("{other:?}"),
        }
        Ok(())
    }

    async fn stopping_hears_the_reason(kind: Kind) -> Result<()> {
        let log = Log::new();
        let starter = Starter::new(How::After(0), log.path()).on(kind).spawn().await?;
        starter.stop().await?;
        assert_eq!(log.lines(), ["start 1", "started 1", "stopping: it was stopped on request"]);
        Ok(())
    }

    async fn every_restart_starts_anew(kind: Kind) -> Result<()> {
        let log = Log::new();
        let starter = Starter::new(How::After(0), log.path()).on(kind).spawn().await?;
        assert!(starter.burst().await.is_err());
        assert_eq!(starter.incarnation().timeout(SOON).await?, 2);
        assert_eq!(log.lines(), ["start 1", "started 1", "start 2", "started 2"]);
        Ok(())
    }
}
