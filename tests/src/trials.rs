//! An actor for what once went wrong, and values that cannot be written.

#![allow(missing_docs, missing_debug_implementations, reason = "read by the tests beside it only")]

use std::time::Duration;

use pulsar::{AskError, prelude::*};
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::Error as _};

use crate::{actors::ProbeProxy, append};

/// Says to a file when it is dropped.
struct Told(String);

impl Drop for Told {
    fn drop(&mut self) {
        append(&self.0, "dropped");
    }
}

/// What becomes of a value that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    Error,
    Panic,
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_u8(0),
            Self::Error => Err(S::Error::custom("it cannot be written, as asked")),
            Self::Panic => panic!("burst while it was written, as asked"),
        }
    }
}

impl<'de> Deserialize<'de> for Fault {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u8::deserialize(deserializer).map(|_| Self::None)
    }
}

/// A value with something before its fault, so that half of it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Faulty {
    before: Vec<u8>,
    fault: Fault,
    after: u64,
}

impl Faulty {
    pub fn new(fault: Fault) -> Self {
        Self { before: vec![0xa5; 100_000], fault, after: 7 }
    }
}

/// Does what once harmed others.
#[actor]
pub struct Trial {
    #[state]
    told: Option<Told>,
    #[state]
    open: Vec<std::fs::File>,
    #[state]
    weighed: u64,
    #[state]
    broken: u64,
}

/// Opens files until this process may open no more.
pub fn exhaust() -> Vec<std::fs::File> {
    std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()).take(100_000).collect()
}

/// The load of one round, which is like that of none near it: from a few bytes to several chunks of them.
fn pattern(round: u64) -> Vec<u8> {
    let len = if round.is_multiple_of(8) { 700_000 + round } else { 1 + round * 997 % 30_000 };
    vec![round as u8; len as usize]
}

#[actor]
impl Trial {
    /// Opens files until there is no descriptor left; how many that were.
    #[command]
    fn exhaust(&mut self) -> usize {
        self.open = exhaust();
        self.open.len()
    }

    /// Closes them.
    #[command]
    fn recover(&mut self) {
        self.open.clear();
    }

    /// Spawns a task beside it.
    #[command]
    async fn spawn_task(&mut self) -> Result<ProbeProxy> {
        Ok(crate::actors::Probe::new().on(Kind::Task).spawn().await?)
    }

    /// Asks another.
    #[command]
    async fn ask_other(&mut self, other: ProbeProxy) -> Result<u64> {
        Ok(other.add(1).timeout(Duration::from_secs(1)).await?)
    }

    /// Sends another patterns of many lengths, until something fails.
    #[command]
    async fn pour(&mut self, other: TrialProxy) {
        for round in 0_u64.. {
            let load = pattern(round);
            if other.weigh(round, load).timeout(Duration::from_secs(20)).tell().await.is_err() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Takes a pattern, and notes whether it is whole.
    #[command]
    fn weigh(&mut self, round: u64, load: Vec<u8>) {
        self.weighed += 1;
        self.broken += u64::from(load != pattern(round));
    }

    /// How many patterns came, and how many of them were not whole.
    #[command]
    fn weighed(&self) -> (u64, u64) {
        (self.weighed, self.broken)
    }

    /// Asks the arbiter for a sign of life so often at once, waiting for none before the next: how many were answered, how
    /// many were refused for want of room, and how many went otherwise.
    #[command]
    async fn flood_arbiter(&mut self, asks: usize) -> (usize, usize, usize) {
        let outcomes = futures_util::future::join_all((0..asks).map(|_| send("arbiter", command::ping()))).await;
        let full = outcomes.iter().filter(|outcome| matches!(outcome, Err(AskError::Full))).count();
        let answered = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        (answered, full, asks - answered - full)
    }

    /// Asks another so many things, then holds its loop until a file is there, and says how each ended.
    #[command]
    async fn ask_then_stall(&mut self, other: ProbeProxy, asks: u64, path: String) -> Vec<String> {
        let asks = (0..asks).map(|n| other.mark(path.clone(), n).timeout(Duration::from_secs(60)));
        let last = other.rest(60_000).timeout(Duration::from_secs(60));
        let asked = futures_util::future::join(futures_util::future::join_all(asks), last);
        let stall = async {
            // Until they are sent, and no longer than the first answers take.
            tokio::time::sleep(Duration::from_millis(50)).await;
            append(&format!("{path}.sent"), "sent");
            while !std::fs::exists(format!("{path}.go")).unwrap_or(true) {
                std::thread::sleep(Duration::from_millis(5));
            }
        };
        let ((marks, rest), ()) = futures_util::future::join(asked, stall).await;
        marks.into_iter().chain([rest]).map(|outcome| format!("{outcome:?}")).collect()
    }

    #[command]
    fn add_one(&self, n: u64) -> u64 {
        n + 1
    }

    /// Panics with a message of so many bytes.
    #[command]
    fn burst_at_length(&mut self, bytes: usize) -> u64 {
        std::panic::panic_any("x".repeat(bytes))
    }

    /// Has its state say to a file when it is dropped.
    #[command]
    fn hold(&mut self, path: String) {
        self.told = Some(Told(path));
    }

    /// Holds its loop, and says so.
    #[command]
    fn block(&mut self, path: String, millis: u64) -> u64 {
        append(&path, "begun");
        std::thread::sleep(Duration::from_millis(millis));
        append(&path, "woke");
        millis
    }

    /// Has its executor do what has no end that anybody waits for.
    #[command]
    fn compute_for_long(&mut self, cx: &mut Context<Self>, path: String) {
        let executor = cx.executor();
        cx.spawn_local(async move {
            let work = move || {
                append(&path, "computing");
                std::thread::sleep(Duration::from_secs(60));
            };
            let _ = executor.run(work).await;
        });
    }

    /// Begins to wait for what never comes.
    #[command]
    fn wait_for_ever(&mut self, cx: &mut Context<Self>, length: Duration) {
        cx.after(length, async {});
        cx.every(length, async || {});
    }

    #[command]
    fn take(&mut self, value: Faulty) -> u64 {
        value.after
    }

    /// Sends another a value that may not be written.
    #[command]
    async fn pass_on(&mut self, other: TrialProxy, bursts: bool) -> String {
        let fault = if bursts { Fault::Panic } else { Fault::Error };
        format!("{:?}", other.take(Faulty::new(fault)).await)
    }

    /// Answers what cannot be written.
    #[command]
    fn give(&self, bursts: bool) -> Faulty {
        Faulty::new(if bursts { Fault::Panic } else { Fault::Error })
    }

    /// Asks another to write to a file, and gives it so long.
    #[command]
    async fn have_marked(&mut self, other: ProbeProxy, path: String, n: u64, millis: u64) -> String {
        format!("{:?}", other.mark(path, n).timeout(Duration::from_millis(millis)).await)
    }

    /// Asks another, and holds its own loop meanwhile.
    #[command]
    fn ask_blocking(&mut self, other: ProbeProxy) -> String {
        format!("{:?}", other.add(1).timeout(Duration::from_secs(1)).wait())
    }
}
