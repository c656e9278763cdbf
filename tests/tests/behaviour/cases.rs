//! The acceptance cases of the Python pulsar, 1 to 21, as far as they are of actors. What there was nothing or a wait
//! without end is here an error that says what happened.

use std::time::{Duration, Instant};

use pulsar::{
    AskError, State,
    command::{config_get, config_set, echo, info, kill_actor, notify, ping, run, stop},
    prelude::*,
};
use pulsar_tests::{Log, SOON, append, for_each_kind, proc, until};

use pulsar_tests::actors::{How, Probe, ProbeProxy, Starter, Stubborn, how, sum};

for_each_kind! {
    async fn case_01_spawn_gives_a_proxy_with_name_and_settings(kind: Kind) -> Result<()> {
        let probe = Probe::new().named("probe").on(kind).spawn().await?;
        assert_eq!(probe.name(), "probe");
        assert_ne!(probe.id(), ActorId::ARBITER);
        let seen = probe.info().await?.actor;
        assert_eq!((seen.name.as_str(), seen.id, seen.kind), ("probe", probe.id(), Some(kind)));
        assert_eq!(probe.send(config_get("timeout")).await?, "30s");
        assert!(probe.is_alive());
        Ok(())
    }

    async fn case_02_ping_echo_and_run(kind: Kind) -> Result<()> {
        let probe = Probe::new().named("probe").on(kind).spawn().await?;
        assert_eq!(probe.ping().await?, "pong");
        assert_eq!(probe.send(echo(vec![Some("a".to_string()), None])).await?, [Some("a".to_string()), None]);
        assert_eq!(probe.send(run(sum(2, 40))).await?, ("probe".to_string(), 42));
        assert_eq!(probe.send(sum(2, -40)).await?, ("probe".to_string(), -38));
        Ok(())
    }

    async fn case_03_info_tells_the_kind(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).spawn().await?;
        let info = probe.info().await?;
        assert_eq!(info.actor.kind, Some(kind));
        assert_eq!(info.actor.state, State::Running);
        assert_eq!((info.actor.incarnation, info.actor.restarts), (1, 0));
        assert_eq!(info.actor.pid != std::process::id(), kind == Kind::Process);
        assert_eq!(info.actor.pid, probe.place().await?.0);
        let system = info.system.expect("the system's part");
        assert!(system.rss > 0 && system.threads > 0 && system.fds > 0);
        Ok(())
    }

    async fn case_04_an_id_finds_the_proxy(kind: Kind) -> Result<()> {
        let probe = Probe::new().named("probe").on(kind).spawn().await?;
        let found = find(probe.id()).await?;
        assert_eq!(found, *probe);
        assert_eq!(probe.untyped(), found);
        assert_eq!(find("probe").await?, found);
        assert_eq!(probe.hand_over(probe.clone()).await?, probe);
        assert_eq!(found.ping().await?, "pong");
        Ok(())
    }

    async fn case_05_stop_is_acknowledged_with_nothing(kind: Kind) -> Result<()> {
        let probe = Probe::new().named("probe").on(kind).spawn().await?;
        let pid = probe.place().await?.0;
        let () = probe.send(stop()).await?;
        until("the actor is gone", SOON, async || find("probe").await.is_err()).await;
        if kind == Kind::Process {
            until("its process is gone", SOON, async || !proc::runs(pid)).await;
        }
        let after = probe.add(1).await;
        assert!(matches!(after, Err(AskError::ActorDied { reason: ExitReason::Shutdown, .. })), "{after:?}");
        probe.stop().await?; // of one that is gone: no error
        Ok(())
    }

    async fn case_06_an_actor_spawns_another(kind: Kind) -> Result<()> {
        let parent = Probe::new().named("parent").on(kind).spawn().await?;
        let child = parent.spawn_probe("child", kind).await?;
        assert_eq!(find("child").await?, *child);
        assert_eq!(child.add(3).await?, 3);
        assert_eq!(parent.ask_other(child.clone(), 4).await?, 7);
        assert_eq!(parent.ask_by_name("child").await?, "pong");
        if kind != Kind::Task {
            let children = arbiter().info().await?.children;
            assert!(children.iter().any(|known| known.name == "child" && known.id == child.id()), "{children:?}");
        }
        child.stop().await?;
        parent.stop().await?;
        for name in ["parent", "child"] {
            let found = find(name).await;
            assert!(matches!(&found, Err(AskError::UnknownActor { target }) if target == name), "{found:?}");
        }
        Ok(())
    }

    async fn case_07_notify_returns_a_later_time(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).spawn().await?;
        let first = probe.send(notify()).await?;
        assert!(first > 1_600_000_000_000, "{first}");
        assert!(probe.send(notify()).await? >= first);
        assert!(send("monitor", notify()).await? >= first);
        Ok(())
    }

    async fn case_08_settings_round_trip(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).with(|params| drop(params.extra.insert("region".into(), "eu".into()))).spawn().await?;
        probe.send(config_set("timeout", "1m")).await?;
        assert_eq!(probe.send(config_get("timeout")).await?, "60s");
        assert_eq!(probe.send(config_get("heartbeat")).await?, "20s");
        probe.send(config_set("heartbeat", "5s")).await?;
        assert_eq!(probe.send(config_get("heartbeat")).await?, "5s");
        assert_eq!(probe.send(config_get("region")).await?, "eu");
        probe.send(config_set("region", "us")).await?;
        assert_eq!(probe.extra("region").await?.as_deref(), Some("us"));
        for (key, value) in [("mailbox", "7"), ("timeout", "soon"), ("heartbeat", "1")] {
            let refused = probe.send(config_set(key, value)).await;
            assert!(matches!(&refused, Err(AskError::Command(_))), "{key}: {refused:?}");
        }
        let Err(AskError::Command(error)) = probe.send(config_get("colour")).await else { panic!("no such setting") };
        assert!(error.to_string().contains("`colour`"), "{error}");
        Ok(())
    }

    async fn case_09_any_actor_reads_the_settings_of_another_by_name(kind: Kind) -> Result<()> {
        let _application = Probe::new().named("application").on(kind).with(|params| params.mailbox = 77).spawn().await?;
        let probe = Probe::new().on(kind).spawn().await?;
        assert_eq!(probe.setting_of("application", "mailbox").await?, "77");
        let missing = probe.setting_of("nobody", "mailbox").await;
        assert!(matches!(&missing, Err(AskError::Command(text)) if text.to_string().contains("`nobody`")), "{missing:?}");
        Ok(())
    }

    async fn case_10_an_actor_whose_loop_ends_is_removed(kind: Kind) -> Result<()> {
        let probe = Probe::new().named("probe").on(kind).with(|params| params.restart = Restart::Temporary).spawn().await?;
        probe.finish().await?;
        until("the actor is gone", SOON, async || find("probe").await.is_err()).await;
        let after = probe.ping().await;
        assert!(matches!(after, Err(AskError::ActorDied { reason: ExitReason::Normal, .. })), "{after:?}");
        // Its name is free again.
        Probe::new().named("probe").on(kind).spawn().await?;
        Ok(())
    }

    async fn case_11_the_environment_is_inherited(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).spawn().await?;
        for key in ["PATH", "PULSAR_TEST", "CARGO_MANIFEST_DIR"] {
            assert_eq!(probe.environment(key).await?, std::env::var(key).ok(), "{key}");
        }
        // What is for the runtime alone goes no further.
        assert_eq!(probe.environment("PULSAR_CHILD").await?, None);
        Ok(())
    }

    async fn case_12_the_arbiter_is_an_actor_too(kind: Kind) -> Result<()> {
        let probe = Probe::new().named("probe").on(kind).spawn().await?;
        let seen = send("arbiter", info()).await?;
        assert_eq!(seen.actor.name, "arbiter");
        assert_eq!(seen.actor.id, ActorId::ARBITER);
        assert_eq!(seen.actor.id.to_string(), "0.0");
        assert_eq!((seen.actor.state, seen.actor.kind), (State::Running, None));
        assert_eq!(seen.actor.pid, std::process::id());
        if kind != Kind::Task {
            assert!(seen.children.iter().any(|child| child.name == "probe" && child.state == State::Running));
        }
        assert!(arbiter().is_running());
        assert!(probe.arbiter_runs().await?);
        assert_eq!(probe.ask_by_name("arbiter").await?, "pong");
        Ok(())
    }

    async fn case_13_names_are_known_everywhere(kind: Kind) -> Result<()> {
        let one = Probe::new().named("one").on(kind).spawn().await?;
        let _two = Probe::new().named("two").on(kind).spawn().await?;
        assert_eq!(current().expect("main is an actor").name(), "main");
        assert_eq!(one.who_runs().await?.as_deref(), Some("one"));
        for name in ["arbiter", "main", "one", "two", "monitor"] {
            find(name).await?;
            if name != "one" && (kind, name) != (Kind::Task, "monitor") {
                assert_eq!(one.ask_by_name(name).await?, "pong", "{name}");
            }
        }
        Ok(())
    }

    async fn case_14_a_child_is_registered_before_its_handshake(kind: Kind) -> Result<()> {
        let log = Log::new();
        let go = format!("{}.go", log.path());
        let mut spawning = Box::pin(Starter::new(How::After(300), log.path()).named("slow").on(kind).spawn());
        let meanwhile = async {
            until("it starts", SOON, async || log.lines() == ["start 1"]).await;
            let found = find("slow").await.expect("it is known while it starts");
            let second = Probe::new().named("slow").spawn().await;
            assert_eq!(second.err(), Some(SpawnError::NameTaken { name: "slow".into() }));
            append(&go, "go");
            found
        };
        let (spawned, found) = futures_util::future::join(spawning.as_mut(), meanwhile).await;
        assert_eq!(found, *spawned?);
        assert_eq!(log.lines(), ["start 1", "started 1"]);
        Ok(())
    }

    async fn case_15_a_stopped_child_is_gone_at_once(kind: Kind) -> Result<()> {
        let probe = Probe::new().named("probe").on(kind).spawn().await?;
        probe.stop().await?;
        assert!(matches!(find("probe").await, Err(AskError::UnknownActor { .. })));
        let children = arbiter().info().await?.children;
        assert!(children.iter().all(|child| child.name != "probe"), "{children:?}");
        assert!(!probe.is_alive());
        Ok(())
    }

    async fn case_16_a_name_is_given_once(kind: Kind) -> Result<()> {
        let first = Probe::new().named("probe").on(kind).spawn().await?;
        for other in [Kind::Process, Kind::Thread, Kind::Task] {
            let second = Probe::new().named("probe").on(other).spawn().await;
            assert_eq!(second.err(), Some(SpawnError::NameTaken { name: "probe".into() }), "{other}");
            let within = first.spawn_probe("probe", other).await;
            assert!(matches!(&within, Err(AskError::Command(text)) if text.to_string().contains("`probe`")), "{within:?}");
        }
        for reserved in ["arbiter", "monitor", "main"] {
            let refused = Probe::new().named(reserved).on(kind).spawn().await;
            assert!(refused.is_err(), "{reserved}");
        }
        assert_eq!(first.add(1).await?, 1);
        Ok(())
    }

    async fn case_17_who_lengthens_its_own_heartbeat_is_stopped(kind: Kind) -> Result<()> {
        // A permanent one is replaced.
        let probe = Probe::new().named("probe").on(kind).with(|params| params.timeout = Duration::from_secs(1)).spawn().await?;
        let (pid, incarnation) = probe.place().await?;
        assert_eq!(incarnation, 1);
        probe.send(config_set("heartbeat", "60s")).await?;
        until("it is replaced", SOON, async || {
            matches!(probe.place().timeout(SOON).await, Ok((_, incarnation)) if incarnation > 1)
        }).await;
        if kind == Kind::Process {
            assert!(!proc::runs(pid));
        }
        probe.stop().await?;
        // A temporary one is removed.
        let probe = Probe::new().named("brief").on(kind).with(|params| {
            params.timeout = Duration::from_secs(1);
            params.restart = Restart::Temporary;
        }).spawn().await?;
        probe.send(config_set("heartbeat", "60s")).await?;
        until("it is removed", SOON, async || find("brief").await.is_err()).await;
        let after = probe.ping().await;
        assert!(matches!(after, Err(AskError::ActorDied { reason: ExitReason::Hung, .. })), "{after:?}");
        Ok(())
    }

    async fn case_18_who_does_not_stop_is_killed(kind: Kind) -> Result<()> {
        let log = Log::new();
        let stubborn = Stubborn::new(log.path()).named("stubborn").on(kind)
            .with(|params| params.shutdown = Duration::from_millis(300)).spawn().await?;
        let pid = stubborn.place().await?;
        let began = Instant::now();
        stubborn.stop().await?;
        assert!(began.elapsed() < SOON);
        assert_eq!(log.lines(), ["told to stop"]);
        assert!(find("stubborn").await.is_err());
        assert_eq!(proc::runs(pid), kind != Kind::Process);
        Ok(())
    }

    async fn case_19_what_is_unknown_is_an_error(kind: Kind) -> Result<()> {
        assert!("fiber".parse::<Kind>().is_err());
        let probe = Probe::new().named("probe").on(kind).spawn().await?;
        let unknown = send("probe", how()).await;
        assert!(matches!(&unknown, Err(AskError::UnknownCommand { .. })), "{unknown:?}");
        let unknown = probe.untyped().send(how()).await;
        assert!(matches!(&unknown, Err(AskError::UnknownCommand { .. })), "{unknown:?}");
        let unknown = probe.send(kill_actor("probe")).await;
        assert!(matches!(&unknown, Err(AskError::UnknownCommand { .. })), "{unknown:?}");
        let unknown = send("nobody", ping()).await;
        assert!(matches!(&unknown, Err(AskError::UnknownActor { target }) if target == "nobody"), "{unknown:?}");
        let within = probe.ask_by_name("nobody").await;
        assert!(matches!(&within, Err(AskError::Command(text)) if text.to_string().contains("`nobody`")), "{within:?}");
        assert!(!send("arbiter", kill_actor("nobody")).await?);
        assert_eq!(probe.add(1).await?, 1);
        Ok(())
    }

    async fn case_20_each_of_five_gets_its_own_answer(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).spawn().await?;
        let answers = futures_util::future::join_all((0..5).map(|n| send("arbiter", echo(n)))).await;
        assert_eq!(answers.into_iter().collect::<Result<Vec<_>, _>>()?, [0, 1, 2, 3, 4]);
        let answers = futures_util::future::join_all((0..5).map(|n| probe.send(echo(n)))).await;
        assert_eq!(answers.into_iter().collect::<Result<Vec<_>, _>>()?, [0, 1, 2, 3, 4]);
        Ok(())
    }

    async fn case_21_what_is_no_actor_is_an_error(kind: Kind) -> Result<()> {
        let probe = Probe::new().on(kind).spawn().await?;
        for nobody in ["", "not a name!", "0.999999"] {
            let answer = send(nobody, ping()).await;
            assert!(matches!(&answer, Err(AskError::UnknownActor { .. })), "{nobody}: {answer:?}");
        }
        for nobody in ["0.999999", "77.1"] {
            let id: ActorId = nobody.parse()?;
            let answer = send(id, ping()).await;
            assert!(
                matches!(&answer, Err(AskError::UnknownActor { .. } | AskError::ActorDied { .. })),
                "{nobody}: {answer:?}"
            );
            // The same where the bytes of it came in a message.
            let proxy: ProbeProxy = pulsar::message::decode(&pulsar::message::encode(&id)?)?;
            let answer = probe.ask_other(proxy, 1).await;
            assert!(matches!(&answer, Err(AskError::Command(_))), "{nobody}: {answer:?}");
        }
        Ok(())
    }

    async fn kill_actor_is_the_arbiters(kind: Kind) -> Result<()> {
        let _probe = Probe::new().named("probe").on(kind).spawn().await?;
        assert!(send("arbiter", kill_actor("probe")).await?);
        until("the actor is gone", SOON, async || find("probe").await.is_err()).await;
        let other = Probe::new().on(kind).spawn().await?;
        assert!(send("arbiter", kill_actor(other.id())).await?);
        until("the other is gone", SOON, async || matches!(other.ping().await, Err(AskError::ActorDied { .. }))).await;
        Ok(())
    }
}
