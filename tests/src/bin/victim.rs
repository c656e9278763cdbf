//! A program that is to be killed: it spawns actors of every kind, process actors above all, until it ends.
//!
//! ```text
//! victim MODE [PATH]
//! ```

use std::time::Duration;

use pulsar::prelude::*;
use pulsar_tests::{
    SOON,
    actors::{Probe, Stubborn},
    append,
    trials::Trial,
    until,
};

#[pulsar::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let path = arguments.get(2).cloned().unwrap_or_else(|| "/dev/null".into());
    match arguments.get(1).map(String::as_str) {
        // A few actors that know each other, then wait.
        Some("wait") => {
            for kind in [Kind::Process, Kind::Process, Kind::Thread, Kind::Task] {
                let probe = Probe::new().on(kind).spawn().await?;
                let other = Probe::new().spawn().await?;
                probe.ask_other(other, 1).await?;
            }
            append(&path, "ready");
            std::future::pending().await
        }
        // Spawns and stops without end.
        Some("spawn") => loop {
            let (one, two) = (Probe::new().spawn().await?, Probe::new().spawn().await?);
            one.ask_other(two.clone(), 1).await?;
            append(&path, "ready");
            two.kill().await?;
            one.kill().await?;
        },
        // Actors that do not want to stop.
        Some("stubborn") => {
            for kind in [Kind::Process, Kind::Thread, Kind::Task] {
                let stubborn = Stubborn::new(path.clone());
                stubborn.on(kind).with(|params| params.shutdown = Duration::from_secs(2)).spawn().await?;
            }
            append(&path, "ready");
            std::future::pending().await
        }
        // Blocks the body of main.
        Some("block") => {
            let probe = Probe::new().spawn().await?;
            probe.fall_silent().tell().await?;
            append(&path, "ready");
            std::thread::sleep(Duration::from_secs(300));
            Ok(())
        }
        // Has work under way that nobody waits for when it ends.
        Some("compute") => {
            for kind in [Kind::Process, Kind::Thread, Kind::Task] {
                let trial = Trial::new().on(kind).shutdown(Duration::from_secs(50)).spawn().await?;
                trial.compute_for_long(path.clone()).await?;
            }
            let own = path.clone();
            tokio::task::spawn_blocking(move || {
                append(&own, "computing");
                std::thread::sleep(Duration::from_secs(60));
            });
            let computing = async || std::fs::read_to_string(&path).is_ok_and(|text| text.lines().count() == 4);
            until("they compute", SOON, computing).await;
            append(&path, "ready");
            Ok(())
        }
        // Returns, with an actor that takes its time to stop.
        Some("linger") => {
            Stubborn::new(path.clone()).with(|params| params.shutdown = Duration::from_secs(45)).spawn().await?;
            append(&path, "ready");
            Ok(())
        }
        // Leaves actors that may take for ever to stop, and does not wait for ever for those that do stop.
        Some("endless") => {
            for kind in [Kind::Process, Kind::Thread, Kind::Task] {
                for length in [Duration::MAX, Duration::from_secs(u64::MAX / 2)] {
                    Probe::new().on(kind).shutdown(length).timeout(length).start_timeout(length).spawn().await?;
                }
            }
            append(&path, "ready");
            Ok(())
        }
        Some("end") => {
            for kind in [Kind::Process, Kind::Thread, Kind::Task] {
                Probe::new().on(kind).spawn().await?;
            }
            append(&path, "ready");
            Ok(())
        }
        Some("fail") => {
            Probe::new().spawn().await?;
            Err(Error::msg("failed, as asked"))
        }
        Some("panic") => {
            Probe::new().spawn().await?;
            panic!("burst, as asked")
        }
        Some("shutdown") => {
            Probe::new().spawn().await?;
            arbiter().shutdown(7).await?;
            std::future::pending().await
        }
        other => Err(Error::msg(format!("no such mode: {other:?}"))),
    }
}
