//! Processes among themselves: directly, by inherited sockets, and through nothing that anyone could dial.

use std::time::{Duration, Instant};

use pulsar::{AskError, command::ping, prelude::*};
use pulsar_tests::{Log, SOON, actors::Probe, append, proc, until, until_blocking};

#[pulsar::test]
async fn two_children_speak_without_the_master() -> Result<()> {
    let (one, two) = (Probe::new().named("one").spawn().await?, Probe::new().named("two").spawn().await?);
    assert_eq!(one.ask_other(two.clone(), 1).await?, 1);
    let log = Log::new();
    let master = std::process::id();
    // `one` asks `two` as long as the file is not there, while the master stands still.
    let path = log.path();
    one.ask_until(two.clone(), path.clone()).tell().await?;
    until("they speak", SOON, async || log.lines().len() > 3).await;
    let watcher = std::process::Command::new("sh")
        .arg("-c")
        .arg(format!("while [ \"$(wc -l < {path})\" -lt 100000 ]; do sleep 0.3; break; done; wc -l < {path}; sleep 0.7; wc -l < {path}; kill -CONT {master}"))
        .stdout(std::process::Stdio::piped())
        .spawn()?;
    assert!(proc::signal(master, proc::Signal::STOP));
    // It has stood still until the watcher let it go on.
    let output = tokio::task::spawn_blocking(move || watcher.wait_with_output()).await??;
    append(&format!("{path}.end"), "end");
    let counts: Vec<usize> =
        String::from_utf8_lossy(&output.stdout).lines().filter_map(|line| line.trim().parse().ok()).collect();
    assert_eq!(counts.len(), 2, "{counts:?}");
    assert!(counts[1] > counts[0], "they went on while the master stood still: {counts:?}");
    assert_eq!(one.ping().await?, "pong");
    Ok(())
}

#[pulsar::test]
async fn there_is_nothing_to_dial() -> Result<()> {
    let mut pids = vec![std::process::id()];
    let first = Probe::new().spawn().await?;
    pids.push(first.place().await?.0);
    for kind in [Kind::Process, Kind::Thread, Kind::Task] {
        let probe = Probe::new().on(kind).spawn().await?;
        first.ask_other(probe.clone(), 1).await?;
        pids.push(probe.place().await?.0);
    }
    for pid in pids {
        assert!(!proc::sockets(pid).is_empty(), "{pid} has a socket");
        assert_eq!(proc::listening(pid), Vec::<String>::new(), "{pid}");
    }
    Ok(())
}

#[pulsar::test]
async fn a_child_has_only_what_it_was_given() -> Result<()> {
    let file = std::fs::File::open("/proc/self/exe")?;
    let first = Probe::new().spawn().await?;
    let second = Probe::new().spawn().await?;
    let (one, two) = (proc::sockets(first.place().await?.0), proc::sockets(second.place().await?.0));
    let master = proc::sockets(std::process::id());
    assert!(one.iter().all(|socket| !two.contains(socket) && !master.contains(socket)), "{one:?} {two:?} {master:?}");
    let before = (one.len(), two.len());
    first.ask_other(second.clone(), 1).await?;
    let (one, two) = (proc::sockets(first.place().await?.0), proc::sockets(second.place().await?.0));
    assert_eq!((one.len(), two.len()), (before.0 + 1, before.1 + 1), "one more to each other");
    let exe = std::fs::read_link("/proc/self/exe")?;
    for entry in std::fs::read_dir(format!("/proc/{}/fd", first.place().await?.0))?.flatten() {
        assert_ne!(std::fs::read_link(entry.path())?, exe, "what the master has open is not inherited");
    }
    drop(file);
    Ok(())
}

#[pulsar::test]
async fn every_pair_of_places_speaks() -> Result<()> {
    let mut probes = Vec::new();
    for kind in [Kind::Process, Kind::Process, Kind::Thread, Kind::Thread, Kind::Task, Kind::Task] {
        probes.push(Probe::new().on(kind).spawn().await?);
    }
    for from in &probes {
        for to in &probes {
            if from != to {
                let before = to.add(0).await?;
                assert_eq!(from.ask_other(to.clone(), 1).await?, before + 1);
                assert_eq!(from.hand_over(to.clone()).await?, *to);
            }
        }
    }
    Ok(())
}

#[pulsar::test]
async fn a_link_is_made_anew_after_either_end_died() -> Result<()> {
    let (one, two) = (Probe::new().named("one").spawn().await?, Probe::new().named("two").spawn().await?);
    for round in 0..6 {
        assert!(one.ask_other(two.clone(), 1).timeout(SOON).await? > 0, "round {round}");
        assert!(two.ask_other(one.clone(), 1).timeout(SOON).await? > 0, "round {round}");
        let victim = if round % 2 == 0 { &one } else { &two };
        let (pid, before) = victim.place().await?;
        assert!(proc::signal(pid, proc::Signal::KILL));
        until("it is back", SOON, async || victim.place().await.is_ok_and(|(_, incarnation)| incarnation > before))
            .await;
        if round == 3 {
            // More restarts than the budget has would park it.
            break;
        }
    }
    assert_eq!(one.ask_by_name("two").await?, "pong");
    Ok(())
}

#[pulsar::test]
async fn a_stopped_process_is_not_taken_for_gone() -> Result<()> {
    let probe = Probe::new().spawn().await?;
    let pid = probe.place().await?.0;
    assert!(proc::signal(pid, proc::Signal::STOP));
    until_blocking("it stands still", SOON, || proc::state(pid) == Some('T'));
    let began = Instant::now();
    let asked = probe.add(1).timeout(Duration::from_millis(200)).await;
    assert!(matches!(asked, Err(AskError::Timeout { .. })), "{asked:?}");
    assert!(began.elapsed() < Duration::from_secs(2));
    assert!(proc::signal(pid, proc::Signal::CONT));
    assert_eq!(send(probe.id(), ping()).await?, "pong");
    assert_eq!(probe.place().await?, (pid, 1));
    // What had expired on its way was not handled: the time it stood still counts.
    assert_eq!(probe.add(1).await?, 1);
    Ok(())
}

/// The loop that alone uses a connection reads it: it passes from one to the other, and nothing is lost.
#[pulsar::test]
async fn a_connection_is_read_by_whoever_uses_it() -> Result<()> {
    let far = Probe::new().spawn().await?;
    let near = [Probe::new().on(Kind::Thread).spawn().await?, Probe::new().on(Kind::Thread).spawn().await?];
    let mut total = 0;
    for round in 0..30 {
        for _ in 0..40 {
            total += 1;
            assert_eq!(far.add(1).await?, total);
        }
        for _ in 0..40 {
            total += 1;
            assert_eq!(near[round % 2].ask_other(far.clone(), 1).await?, total);
        }
        let all = futures_util::future::join3(
            futures_util::future::join_all((0..20).map(|_| far.add(1))),
            futures_util::future::join_all((0..20).map(|_| near[0].ask_other(far.clone(), 1))),
            futures_util::future::join_all((0..20).map(|_| near[1].ask_other(far.clone(), 1))),
        );
        let (one, two, three) = all.await;
        let mut answers = one.into_iter().collect::<Result<Vec<_>, _>>()?;
        for answer in two.into_iter().chain(three) {
            answers.push(answer?);
        }
        answers.sort_unstable();
        assert!(answers.into_iter().eq(total + 1..=total + 60));
        total += 60;
    }
    Ok(())
}

#[pulsar::test]
async fn a_loop_that_stands_still_holds_up_nobody_elses_answers() -> Result<()> {
    // Were nobody to hear its heartbeats, it would be taken for hung.
    let far = Probe::new().with(|params| params.timeout = Duration::from_secs(2)).spawn().await?;
    for _ in 0..3 {
        for _ in 0..100 {
            far.add(0).await?;
        }
        // A plain thread blocks this one, which is the one that reads.
        let began = Instant::now();
        far.add(0).wait()?;
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    }
    for _ in 0..100 {
        far.add(0).await?;
    }
    std::thread::sleep(Duration::from_secs(6));
    let other = far.clone();
    let asked = std::thread::spawn(move || {
        let began = Instant::now();
        other.add(0).wait().map(|_| began.elapsed())
    });
    let took = asked.join().expect("it does not panic")?;
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(far.place().await?.1, 1, "it was heard");
    Ok(())
}
