//! What becomes of messages when one end dies in the middle of them, is slower than slow, or sends without end.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use pulsar::{AskError, prelude::*};
use pulsar_tests::{
    Log, Random, SOON,
    actors::{Probe, ProbeProxy},
    append, kills, proc,
    trials::Trial,
    until,
};

#[pulsar::test(timeout = "600s")]
async fn half_a_message_never_comes() -> Result<()> {
    let mut random = Random::from_env();
    let taker = Trial::new().spawn().await?;
    let here = Trial::new().on(Kind::Thread).spawn().await?;
    let giver = Trial::new().with(|params| {
        params.intensity = None;
        params.backoff = (Duration::from_millis(1), Duration::from_millis(2));
    });
    let giver = giver.spawn().await?;
    let rounds = kills(30);
    for round in 1..=rounds {
        // To another process, and to the master.
        let to = if round % 2 == 0 { &taker } else { &here };
        giver.pour(to.clone()).timeout(SOON).tell().await?;
        tokio::time::sleep(Duration::from_micros(1_000 + random.below(40_000))).await;
        let pid = giver.info().timeout(SOON).await?.actor.pid;
        assert!(proc::signal(pid, proc::Signal::KILL));
        until("it is back", SOON, async || giver.add_one(1).timeout(SOON).await == Ok(2)).await;
    }
    for (taker, name) in [(&taker, "a process"), (&here, "the master")] {
        let (weighed, broken) = taker.weighed().timeout(SOON).await?;
        println!("{name} took {weighed} messages of {rounds} senders that were killed, {broken} of them broken");
        assert!(weighed > 0 && broken == 0, "{name}: {weighed}, {broken}");
        assert_eq!(taker.info().await?.actor.incarnation, 1);
    }
    Ok(())
}

/// Runs the program with a child that behaves as `mode` says; its lines.
fn hostile(mode: &str, cut: u64) -> Vec<String> {
    let log = Log::new();
    let output = Command::new(env!("CARGO_BIN_EXE_hostile"))
        // Its `main` decides before `init` what a child does, which a fork server would do once for all.
        .env("PULSAR_FORK_SERVER", "off")
        .env("HOSTILE_MODE", mode)
        .env("HOSTILE_WHILE", format!("{}.on", log.path()))
        .env("HOSTILE_RECORD", log.path())
        .env("HOSTILE_CUT", cut.to_string())
        .output()
        .expect("the program runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{mode} at {cut}: {text}\n{}", String::from_utf8_lossy(&output.stderr));
    text.lines().map(Into::into).collect()
}

#[test]
fn a_child_that_dies_at_any_byte_of_a_frame_has_said_what_was_whole() {
    let mut random = Random::from_env();
    let whole = hostile("cut", u64::MAX);
    assert_eq!(whole, ["21 whole, then Ok(())", "well"]);
    let (mut none, mut some) = (0, 0);
    for _ in 0..kills(24).min(400) {
        // Where the frames are small, and anywhere.
        let bound = if random.below(2) == 0 { 500 } else { 75_000 };
        let cut = random.below(bound);
        let lines = hostile("cut", cut);
        assert_eq!(lines.last().map(String::as_str), Some("well"), "{cut}: {lines:?}");
        some += u32::from(lines[0].contains("whole, then Err(ActorDied"));
        none += u32::from(lines[0].starts_with("the actor did not become ready"));
        assert!(
            lines[0] == whole[0] || lines[0].contains("ActorDied") || lines[0].contains("did not become ready"),
            "{cut}: {lines:?}"
        );
    }
    println!("{none} children were cut off before they were ready, {some} after some whole answers");
}

#[test]
fn a_byte_a_second_is_not_waited_for() {
    let lines = hostile("dribble", 0);
    println!("{lines:?}");
    assert!(lines[1].contains("no notify within 3s"), "{lines:?}");
    assert_eq!(lines.last().map(String::as_str), Some("well"));
}

#[pulsar::test(timeout = "60s")]
async fn what_was_answered_comes_before_the_death() -> Result<()> {
    for from in [Kind::Process, Kind::Thread] {
        let log = Log::new();
        let path = log.path();
        let callee = Probe::new().spawn().await?;
        let asker = Trial::new().on(from).spawn().await?;
        assert_eq!(asker.ask_other(callee.clone()).await?, 1);
        let pid = callee.place().await?.0;
        // It stands still while it is asked, and answers while its asker reads nothing.
        proc::stand_still(pid);
        let asked = tokio::task::spawn_local({
            let (asker, callee, path) = (asker.clone(), callee.clone(), path.clone());
            async move { asker.ask_then_stall(callee, 40, path).timeout(SOON).await }
        });
        until("it has asked", SOON, async || Path::new(&format!("{path}.sent")).exists()).await;
        assert!(proc::signal(pid, proc::Signal::CONT));
        until("all but the last are answered", SOON, async || log.lines().len() == 40).await;
        // Until it has nothing else to do than the last, and so has sent its answers.
        until("it rests", SOON, async || callee.info().await.is_ok_and(|info| info.mailbox.in_flight > 0)).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(proc::signal(pid, proc::Signal::KILL));
        until("it is back", SOON, async || callee.place().await.is_ok_and(|(_, incarnation)| incarnation == 2)).await;
        append(&format!("{path}.go"), "go");
        let outcomes = asked.await??;
        for (n, outcome) in outcomes.iter().take(40).enumerate() {
            assert_eq!(*outcome, format!("Ok({n})"), "{from}");
        }
        assert!(outcomes[40].contains("ActorDied") && outcomes[40].contains("Signal"), "{from}: {}", outcomes[40]);
    }
    Ok(())
}

/// Asks for a sign of life until it is enough; the slowest answer.
async fn slowest_ping(done: impl Fn() -> bool) -> Result<(Duration, u32)> {
    let (mut slowest, mut refused) = (Duration::ZERO, 0);
    while !done() {
        let began = Instant::now();
        match send("arbiter", command::ping()).timeout(SOON).await {
            Ok(_) => slowest = slowest.max(began.elapsed()),
            // It has as much to answer as it takes on, and says so at once.
            Err(AskError::Full) => refused += 1,
            Err(error) => return Err(error.into()),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok((slowest, refused))
}

#[pulsar::test(timeout = "300s")]
async fn who_floods_the_arbiter_is_bounded() -> Result<()> {
    let asks = kills(200_000) as usize;
    let neighbour = Probe::new().spawn().await?;
    for kind in [Kind::Process, Kind::Thread] {
        let flooder = Trial::new().on(kind).timeout(Duration::from_secs(120)).spawn().await?;
        let before = proc::resident(std::process::id());
        let peak = std::cell::Cell::new(before);
        let done = std::cell::Cell::new(false);
        let flood = async {
            let outcome = flooder.flood_arbiter(asks).timeout(Duration::from_secs(120)).await;
            done.set(true);
            outcome
        };
        let watching = async {
            while !done.get() {
                peak.set(peak.get().max(proc::resident(std::process::id())));
                assert!(neighbour.add(0).timeout(SOON).await.is_ok());
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let (flood, slowest, ()) = futures_util::future::join3(flood, slowest_ping(|| done.get()), watching).await;
        let (answered, full, other) = flood?;
        let ((slowest, refused), grown) = (slowest?, (peak.get() - before) >> 20);
        println!(
            "{asks} pings at once from a {kind}: {answered} answered, {full} refused as too many, {other} late; \
             the master grew by {grown} MiB, others were answered within {slowest:?} or (by {refused}) told that it is flooded"
        );
        assert_eq!(answered + full + other, asks);
        assert!(grown < 512, "{kind}: {grown} MiB");
        assert!(slowest < SOON / 2, "{slowest:?}");
        flooder.stop().await?;
    }
    Ok(())
}

#[pulsar::test(timeout = "120s")]
async fn who_floods_an_actor_waits_for_room() -> Result<()> {
    for kind in [Kind::Process, Kind::Thread] {
        let slow = Probe::new().on(kind).with(|params| params.mailbox = 100).spawn().await?;
        let flooder = Probe::new().spawn().await?;
        let resting = tokio::task::spawn_local({
            let slow = slow.clone();
            async move { slow.rest(3_000).timeout(SOON).await }
        });
        until("it rests", SOON, async || slow.info().await.is_ok_and(|info| info.mailbox.in_flight > 0)).await;
        flooder.flood(slow.clone(), 1_000_000).tell().await?;
        let before = proc::resident(std::process::id());
        let mut deepest = 0;
        for _ in 0..40 {
            let info = slow.info().await?;
            deepest = deepest.max(info.mailbox.depth);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let grown = proc::resident(std::process::id()).saturating_sub(before) >> 20;
        println!("a flood of a {kind}: at most {deepest} waited, the master grew by {grown} MiB");
        assert!(deepest <= 200 && grown < 64, "{deepest}, {grown}");
        flooder.kill().await?;
        assert!(resting.await?.is_ok());
        slow.stop().await?;
    }
    Ok(())
}

/// How many asks of a neighbour are answered in a while, with one panic in the middle of it or none.
async fn answers(neighbour: &ProbeProxy, victim: Option<&ProbeProxy>, window: Duration) -> Result<u64> {
    let began = Instant::now();
    let mut answered = 0;
    let mut victim = victim;
    while began.elapsed() < window {
        neighbour.add(1).await?;
        answered += 1;
        if began.elapsed() > window / 3
            && let Some(victim) = victim.take()
        {
            // Whose answer nobody waits for here.
            let victim = victim.clone();
            tokio::task::spawn_local(async move { drop(victim.burst().timeout(SOON).await) });
        }
    }
    Ok(answered)
}

#[pulsar::test(timeout = "300s")]
async fn a_panic_costs_the_neighbours_next_to_nothing() -> Result<()> {
    let windows: u32 = std::env::var("PULSAR_WINDOWS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let window = if windows > 5 { Duration::from_secs(1) } else { Duration::from_millis(400) };
    for kind in [Kind::Thread, Kind::Task] {
        let tireless = Probe::new().on(kind).with(|params| {
            params.intensity = None;
            params.backoff = (Duration::from_millis(1), Duration::from_millis(2));
        });
        let victim = tireless.spawn().await?;
        let neighbour = Probe::new().on(kind).spawn().await?;
        assert!(victim.burst().await.is_err());
        until("it is back", SOON, async || victim.add(1).await.is_ok()).await;
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for round in 0..windows {
            // Interleaved, and each first in turn: whatever else the machine does is in both.
            for panics in [round % 2 == 0, round % 2 != 0] {
                let answered = answers(&neighbour, panics.then_some(&victim), window).await?;
                if panics { with.push(answered) } else { without.push(answered) }
            }
        }
        assert_eq!(victim.place().timeout(SOON).await?.1, windows + 2);
        assert_eq!(neighbour.place().await?.1, 1);
        let median = |answers: &mut Vec<u64>| {
            answers.sort_unstable();
            answers[answers.len() / 2] as f64
        };
        let (with, without) = (median(&mut with), median(&mut without));
        let lost = 100.0 * (1.0 - with / without);
        println!("{kind}: {without} answers in {window:?}, {with} with a panic beside them: {lost:.2} % lost");
        // A tenth would be far from nothing; what is seen is a few in a hundred, and whatever else the machine does.
        assert!(lost < 90.0, "{kind}: {lost} % lost");
    }
    Ok(())
}
