//! When restarting does not help: escalate, park or retry; and trees that end by themselves.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use pulsar::{State, prelude::*};
use pulsar_tests::{
    Log, SOON,
    actors::How,
    append, for_each_kind, proc,
    trees::{Ears, Part, node, part, part_that},
    until, until_blocking,
};

/// A child that may be restarted twice.
fn brittle(log: &Log, kind: Kind, how: How) -> pulsar::Spawn<Part> {
    part_that(log.path(), kind, how).with(|params| params.intensity = Some((2, Duration::from_secs(60))))
}

for_each_kind! {
    async fn one_level_after_the_other(kind: Kind) -> Result<()> {
        // The innermost gives up, is restarted by the one above, and that gives up in turn: the root ends.
        let log = Log::new();
        let inner = Supervisor::new(Strategy::OneForOne)
            .restarts(1, Duration::from_secs(60))
            .backoff(Duration::from_millis(5), Duration::from_millis(50))
            .child("x", part(log.path(), kind));
        let site = Supervisor::new(Strategy::OneForOne)
            .restarts(1, Duration::from_secs(60))
            .child("inner", inner)
            .named("site")
            .spawn()
            .await?;
        let x = site.child::<Supervisor>("inner").await?.child::<Part>("x").await?;
        let mut ears = Ears::open().await?;
        for end in ["restarting", "gave up"] {
            until("it lives", SOON, async || x.place().await.is_ok()).await;
            assert!(x.burst().await.is_err());
            ears.wait(end, |event| event.change.name() == end && event.actor.starts_with("site.inner")).await;
        }
        // It has two more lives.
        for end in ["restarting", "gave up"] {
            until("it lives", SOON, async || x.place().await.is_ok()).await;
            assert!(x.burst().await.is_err());
            ears.wait(end, |event| event.change.name() == end && event.actor.starts_with("site.inner")).await;
        }
        let reason = tokio::time::timeout(SOON, site.wait()).await.expect("it ends")?;
        assert!(matches!(reason, ExitReason::GaveUp { .. }), "{reason:?}");
        assert!(pulsar::tree().await?.roots.is_empty());
        Ok(())
    }

    async fn a_parked_child_harms_nobody(kind: Kind) -> Result<()> {
        let log = Log::new();
        let site = Supervisor::new(Strategy::OneForAll)
            .child("a", part(log.path(), kind))
            .child("importer", brittle(&log, kind, How::Well).on_give_up(GiveUp::Park))
            .named("site")
            .spawn()
            .await?;
        let importer = site.child::<Part>("importer").await?;
        let mut ears = Ears::open().await?;
        for _ in 0..3 {
            until("it lives", SOON, async || importer.place().await.is_ok()).await;
            assert!(importer.burst().await.is_err());
            ears.wait_for("site.importer", "exited").await;
        }
        ears.wait_for("site.importer", "parked").await;
        until("the other lives", SOON, async || node(&pulsar::tree().await.expect("an arbiter"), "site.a").is_some_and(|a| a.state == State::Running)).await;
        assert_eq!(node(&pulsar::tree().await?, "site.importer").expect("it is kept").state, State::Parked);
        assert!(matches!(importer.place().await, Err(AskError::ActorDied { reason: ExitReason::GaveUp { restarts: 2, .. }, .. })));
        // Whatever is under it.
        site.reset().await?;
        assert!(importer.place().await.is_ok());
        // Parked again, it can be forgotten.
        for _ in 0..3 {
            until("it lives", SOON, async || importer.place().await.is_ok()).await;
            assert!(importer.burst().await.is_err());
            ears.wait_for("site.importer", "exited").await;
        }
        ears.wait_for("site.importer", "parked").await;
        site.delete_child("importer").await?;
        assert_eq!(site.count_children().await?.specs, 1);
        Ok(())
    }

    async fn one_that_is_tried_on_comes_back_by_itself(kind: Kind) -> Result<()> {
        let log = Log::new();
        let there = format!("{}.there", log.path());
        append(&there, "yes");
        let site = Supervisor::new(Strategy::OneForOne)
            .child("a", part(log.path(), kind))
            .child("feed", brittle(&log, kind, How::IfThere(there.clone())).on_give_up(GiveUp::Retry))
            .named("site")
            .spawn()
            .await?;
        let feed = site.child::<Part>("feed").await?;
        // What it depends on is gone for a while: far more often than it has restarts.
        std::fs::remove_file(&there)?;
        let mut ears = Ears::open().await?;
        assert!(feed.burst().await.is_err());
        let began = Instant::now();
        for _ in 0..10 {
            ears.wait_for("site.feed", "restarting").await;
        }
        println!("ten times tried within {:?}, at most 50 ms and a fifth apart", began.elapsed());
        append(&there, "yes");
        let (_, incarnation, _) = feed.place().timeout(SOON).await?;
        assert!(incarnation > 10, "{incarnation}");
        assert_eq!(site.child::<Part>("a").await?.place().await?.1, 1);
        Ok(())
    }

    async fn a_significant_end_ends_the_tree(kind: Kind) -> Result<()> {
        let log = Log::new();
        let tree = |when| {
            Supervisor::new(Strategy::OneForOne)
                .auto_shutdown(when)
                .child("service", part(log.path(), kind))
                .child("one", part(log.path(), kind).restart(Restart::Transient).significant())
                .child("two", part(log.path(), kind).restart(Restart::Temporary).significant())
                .named("site")
        };
        // Any.
        let site = tree(AutoShutdown::AnySignificant).spawn().await?;
        site.child::<Part>("two").await?.finish().await?;
        assert_eq!(tokio::time::timeout(SOON, site.wait()).await.expect("it ends")?, ExitReason::Normal);
        let lines = log.lines();
        // It stops the rest in reverse; what ended by itself says `stop` at its own time.
        assert_eq!(lines[lines.len() - 2..], ["stop site.one", "stop site.service"]);

        // All, in any order; a crash that is not restarted is an end, too.
        let site = tree(AutoShutdown::AllSignificant).spawn().await?;
        assert!(site.child::<Part>("two").await?.burst().await.is_err());
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(site.child::<Part>("service").await?.place().await.is_ok(), "one of two is not all");
        site.child::<Part>("one").await?.finish().await?;
        assert_eq!(tokio::time::timeout(SOON, site.wait()).await.expect("it ends")?, ExitReason::Normal);

        // Not by hand.
        let site = tree(AutoShutdown::AnySignificant).spawn().await?;
        site.stop_child("one").await?;
        site.stop_child("two").await?;
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(site.child::<Part>("service").await?.place().await.is_ok());
        site.stop().await?;

        // Nor by a crash that is restarted.
        let site = tree(AutoShutdown::AnySignificant).spawn().await?;
        let one = site.child::<Part>("one").await?;
        assert!(one.burst().await.is_err());
        assert_eq!(one.place().await?.1, 2);
        Ok(())
    }
}

/// Runs the program whose `main` is one tree, and waits for its end.
fn program(mode: &str, log: &Log) -> (Option<i32>, String) {
    program_that(mode, log, |_| {})
}

/// The same, with something done to it once it runs.
fn program_that(mode: &str, log: &Log, act: impl FnOnce(u32)) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grove"));
    let child = command.args([mode, &log.path()]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = child.spawn().expect("it starts");
    act(child.id());
    let deadline = Instant::now() + SOON;
    while child.try_wait().expect("it can be waited for").is_none() {
        if Instant::now() > deadline {
            let _ = child.kill();
            panic!("{mode}: it does not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().expect("it has ended");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn the_exit_code_of_a_program_that_is_a_tree() {
    for (mode, code, says) in
        [("significant", 0, ""), ("unstarted", 3, "no database"), ("give-up", 4, "gave up"), ("stopped", 0, "")]
    {
        let log = Log::new();
        let (status, stderr) = program(mode, &log);
        assert_eq!(status, Some(code), "{mode}: {stderr}");
        assert!(stderr.contains(says), "{mode}: {stderr}");
        if code == 3 {
            println!("{mode}: {}", stderr.lines().last().unwrap_or_default());
        }
    }
}

#[test]
fn a_tree_that_is_stopped_while_it_comes_up_has_not_failed() {
    let log = Log::new();
    assert_eq!(program("stopped-coming-up", &log), (Some(0), String::new()));
    for (signal, code) in [(proc::Signal::TERM, 0), (proc::Signal::INT, 130)] {
        let log = Log::new();
        let (status, stderr) = program_that("coming-up", &log, |pid| {
            until_blocking("it comes up", SOON, || log.lines().iter().any(|line| line == "start site.slow"));
            assert!(proc::signal(pid, signal));
        });
        assert_eq!(status, Some(code), "{stderr}");
        assert!(!stderr.contains("Error"), "{stderr}");
    }
}
