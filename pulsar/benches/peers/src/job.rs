//! What is measured: the shape of a workload, where it runs, how much of it, and the figures that come out. Knows no system.

use serde::{Deserialize, Serialize};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One sender sends numbers, one receiver adds them up, until all are counted.
    Tell,
    /// A number and its answer, one after the other.
    Ask,
    /// The same, 256 at once.
    InFlight,
    /// Eight senders on threads of their own, one receiver.
    FanIn,
    /// A number goes round 1,000 actors, one less at each.
    Ring,
    /// So many actors on one loop: made, asked once each, stopped.
    Spawn,
    /// From a panic to the first answer of whoever takes the place.
    Panic,
    /// What a thread with a loop, or an actor of its own thread, takes of memory.
    Threads,
    /// What a process with a loop, or an actor of its own process, takes of memory.
    Processes,
    /// Tells of 32 bytes to another process, until all are counted.
    FarTell,
    /// 32 bytes to another process and back, one after the other.
    FarAsk,
    /// The same, 256 at once.
    FarInFlight,
    /// 64 KiB a message to another process, until all are counted.
    FarBulk,
    /// From nothing to a process that has said hello.
    Boot,
    /// From `kill -9` to the first answer of the process that takes the place.
    Restart,
}

/// Where it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// One loop, on one core.
    One,
    /// Two loops, each pinned to a core of its own.
    Split,
    /// Two loops pinned to one core.
    Same,
    /// Left to the kernel.
    Free,
}

impl Place {
    /// How the figures call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::One | Self::Same => "same",
            Self::Split => "split",
            Self::Free => "none",
        }
    }

    /// The core of whoever asks.
    pub fn here(self) -> Option<usize> {
        (self != Self::Free).then_some(0)
    }

    /// The core of whoever answers.
    pub fn there(self) -> Option<usize> {
        match self {
            Self::One | Self::Same => Some(0),
            Self::Split => Some(1),
            Self::Free => None,
        }
    }
}

/// A workload as a system is given it.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    pub shape: Shape,
    pub place: Place,
    /// How many messages, asks or hops.
    pub count: u64,
}

/// What one run of it took.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Figure {
    /// Nanoseconds an operation, on average.
    pub ns: f64,
    /// Of processor time, all threads of the process together.
    #[serde(default)]
    pub cpu: f64,
    /// The median, where each operation was timed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
    /// Bytes an actor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<f64>,
    /// Where `ns` is that of making an actor: that of asking it once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<f64>,
    /// And that of stopping it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<f64>,
}

impl Figure {
    /// Each operation took so long.
    pub fn of_each(mut nanos: Vec<u64>) -> Self {
        nanos.sort_unstable();
        let at = |hundredths: usize| nanos.get(nanos.len() * hundredths / 100).map(|nanos| *nanos as f64);
        let mean = nanos.iter().sum::<u64>() as f64 / nanos.len().max(1) as f64;
        Self { ns: mean, p50: at(50), p99: at(99), ..Self::default() }
    }
}

/// One line of output.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    pub workload: String,
    pub system: String,
    pub placement: String,
    #[serde(flatten)]
    pub figure: Figure,
}
