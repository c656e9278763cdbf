//! An actor for what once went wrong, and values that cannot be written.

#![allow(missing_docs, missing_debug_implementations, reason = "read by the tests beside it only")]

use std::time::Duration;

use pulsar::prelude::*;
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
}

#[actor]
impl Trial {
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
