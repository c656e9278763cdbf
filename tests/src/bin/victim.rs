//! A program that is to be killed: it spawns actors of every kind, process actors above all, until it ends.
//!
//! ```text
//! victim MODE [PATH]
//! ```

use std::time::Duration;

use pulsar::prelude::*;
use pulsar_tests::{
    actors::{Probe, Stubborn},
    append,
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
