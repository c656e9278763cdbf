//! The rows of the table: what is measured, of which systems, and what pulsar is to reach. Knows no system but by name.

use crate::job::{Figure, Job, Place, Shape};
use crate::measure::BULK;

/// One row.
pub struct Row {
    pub name: &'static str,
    pub title: &'static str,
    pub job: Job,
    /// The first is the one that the goals are for.
    pub systems: &'static [&'static str],
    /// What is shown.
    pub shown: Measure,
    pub goals: &'static [Goal],
}

/// A number of a [`Figure`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Nanoseconds an operation, on average.
    Mean,
    /// The median of the operations of a run, in nanoseconds.
    Median,
    /// Bytes an actor.
    Bytes,
    /// Messages of 64 KiB, in bytes a second.
    Bulk,
}

impl Measure {
    pub fn of(self, figure: &Figure) -> Option<f64> {
        match self {
            Self::Mean => Some(figure.ns),
            Self::Median => figure.p50,
            Self::Bytes => figure.bytes,
            Self::Bulk => Some(figure.ns),
        }
    }

    pub fn show(self, value: f64) -> String {
        match value {
            bytes if self == Self::Bytes && bytes >= 1e4 => format!("{:.0} KiB", bytes / 1024.0),
            bytes if self == Self::Bytes => format!("{bytes:.0} B"),
            nanos if self == Self::Bulk => format!("{:.2} GB/s", BULK as f64 / nanos),
            ms if ms >= 1e6 => format!("{:.2} ms", ms / 1e6),
            micros if micros >= 1e4 => format!("{:.1} µs", micros / 1e3),
            micros if micros >= 1e3 => format!("{:.2} µs", micros / 1e3),
            nanos => format!("{nanos:.0} ns"),
        }
    }
}

/// What pulsar is to reach.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// So many times as fast as the fastest peer.
    FasterThanPeers(f64),
    /// So many times as fast as this system.
    FasterThan(f64, &'static str),
    /// At most so many times what this system takes.
    Within(f64, &'static str),
    /// At most so many times what the fastest peer takes.
    WithinPeers(f64),
    /// At most so many nanoseconds, or bytes.
    AtMost(Measure, f64),
}

const ALL: &[&str] = &["pulsar", "tokio", "actix", "kameo", "kameo-unbounded", "ractor", "xtra"];
const QUEUES: &[&str] = &["pulsar", "tokio", "crossbeam", "actix", "kameo", "kameo-unbounded", "ractor", "xtra"];

const SPAWN: &[&str] = &["pulsar", "tokio", "actix", "kameo", "ractor", "xtra"];

const fn job(shape: Shape, place: Place, count: u64) -> Job {
    Job { shape, place, count }
}

pub const ROWS: &[Row] = &[
    Row {
        name: "tell-split",
        title: "tell, two threads on two cores, mailbox of 1,024",
        job: job(Shape::Tell, Place::Split, 2_000_000),
        systems: QUEUES,
        shown: Measure::Mean,
        goals: &[Goal::FasterThanPeers(4.0), Goal::FasterThan(1.5, "tokio")],
    },
    Row {
        name: "ask-one-loop",
        title: "ask, one loop",
        job: job(Shape::Ask, Place::One, 500_000),
        systems: ALL,
        shown: Measure::Mean,
        goals: &[Goal::FasterThanPeers(1.5), Goal::Within(0.8, "tokio")],
    },
    Row {
        name: "ask-split",
        title: "ask, two threads on two cores",
        job: job(Shape::Ask, Place::Split, 5_000),
        systems: ALL,
        shown: Measure::Median,
        goals: &[Goal::AtMost(Measure::Median, 1_500.0)],
    },
    Row {
        name: "ask-same",
        title: "ask, two threads on one core",
        job: job(Shape::Ask, Place::Same, 200_000),
        // xtra does not always come to an end here.
        systems: &["pulsar", "tokio", "actix", "kameo", "kameo-unbounded", "ractor"],
        shown: Measure::Mean,
        goals: &[Goal::Within(1.1, "tokio")],
    },
    Row {
        name: "in-flight-split",
        title: "256 asks in flight, two threads on two cores",
        job: job(Shape::InFlight, Place::Split, 500_000),
        systems: ALL,
        shown: Measure::Mean,
        goals: &[Goal::FasterThanPeers(1.5)],
    },
    Row {
        name: "fan-in",
        title: "8 senders to one actor",
        job: job(Shape::FanIn, Place::Free, 800_000),
        systems: QUEUES,
        shown: Measure::Mean,
        goals: &[Goal::FasterThanPeers(1.5)],
    },
    Row {
        name: "ring",
        title: "ring of 1,000 actors, a million hops, one loop",
        job: job(Shape::Ring, Place::One, 1_000_000),
        systems: ALL,
        shown: Measure::Mean,
        goals: &[Goal::FasterThanPeers(1.0)],
    },
    Row {
        name: "spawn-100000",
        title: "spawn 100,000 task actors (each then asked once, and stopped), one loop",
        job: job(Shape::Spawn, Place::One, 100_000),
        systems: SPAWN,
        shown: Measure::Mean,
        goals: &[Goal::AtMost(Measure::Mean, 700.0), Goal::AtMost(Measure::Bytes, 700.0)],
    },
    Row {
        name: "spawn-1000000",
        title: "the same, 1,000,000",
        job: job(Shape::Spawn, Place::One, 1_000_000),
        // The others take six times the memory and the time.
        systems: &["pulsar", "tokio", "actix", "xtra"],
        shown: Measure::Mean,
        goals: &[Goal::AtMost(Measure::Mean, 700.0), Goal::AtMost(Measure::Bytes, 700.0)],
    },
    Row {
        name: "far-ask-same",
        title: "ask across processes, one core",
        job: job(Shape::FarAsk, Place::Same, 30_000),
        systems: &["pulsar", "socket", "frames", "ws", "ractor_cluster"],
        shown: Measure::Median,
        goals: &[Goal::Within(1.4, "socket"), Goal::FasterThanPeers(1.8)],
    },
    Row {
        name: "far-ask-split",
        title: "ask across processes, two cores",
        job: job(Shape::FarAsk, Place::Split, 5_000),
        systems: &["pulsar", "socket", "frames", "ws", "ractor_cluster"],
        shown: Measure::Median,
        goals: &[Goal::AtMost(Measure::Median, 10_000.0)],
    },
    Row {
        name: "far-in-flight-same",
        title: "256 in flight across processes, one core",
        job: job(Shape::FarInFlight, Place::Same, 200_000),
        systems: &["pulsar", "frames", "ws", "ractor_cluster"],
        shown: Measure::Mean,
        goals: &[Goal::FasterThanPeers(6.0)],
    },
    Row {
        name: "far-in-flight-split",
        title: "256 in flight across processes, two cores",
        job: job(Shape::FarInFlight, Place::Split, 200_000),
        systems: &["pulsar", "frames", "ws", "ractor_cluster"],
        shown: Measure::Mean,
        goals: &[Goal::FasterThanPeers(6.0)],
    },
    Row {
        name: "far-tell-same",
        title: "tell across processes, one core",
        job: job(Shape::FarTell, Place::Same, 500_000),
        systems: &["pulsar", "frames", "ws", "ractor_cluster"],
        shown: Measure::Mean,
        goals: &[Goal::FasterThanPeers(8.0), Goal::Within(1.5, "ws")],
    },
    Row {
        name: "far-tell-split",
        title: "tell across processes, two cores",
        job: job(Shape::FarTell, Place::Split, 500_000),
        systems: &["pulsar", "frames", "ws", "ractor_cluster"],
        shown: Measure::Mean,
        goals: &[Goal::FasterThanPeers(8.0), Goal::Within(1.5, "ws")],
    },
    Row {
        name: "far-bulk-same",
        title: "64 KiB messages across processes, one core",
        job: job(Shape::FarBulk, Place::Same, 20_000),
        systems: &["pulsar", "socket", "frames", "ws", "ractor_cluster"],
        shown: Measure::Bulk,
        goals: &[Goal::FasterThan(0.9, "socket")],
    },
    Row {
        name: "far-bulk-split",
        title: "64 KiB messages across processes, two cores",
        job: job(Shape::FarBulk, Place::Split, 20_000),
        systems: &["pulsar", "socket", "frames", "ws", "ractor_cluster"],
        shown: Measure::Bulk,
        goals: &[Goal::FasterThan(0.9, "socket")],
    },
    Row {
        name: "boot",
        title: "spawn a process actor, to its handshake, by the fork server",
        job: job(Shape::Boot, Place::Free, 100),
        systems: &["pulsar", "exec"],
        shown: Measure::Median,
        goals: &[Goal::Within(0.4, "exec")],
    },
    Row {
        name: "boot-exec",
        title: "the same, by exec",
        job: job(Shape::Boot, Place::Free, 100),
        systems: &["pulsar-exec", "exec"],
        shown: Measure::Median,
        goals: &[Goal::Within(1.2, "exec")],
    },
    Row {
        name: "restart",
        title: "kill -9 to the replacement's first answer",
        job: job(Shape::Restart, Place::Free, 100),
        systems: &["pulsar", "exec"],
        shown: Measure::Median,
        goals: &[Goal::Within(0.6, "exec")],
    },
    Row {
        name: "panic",
        title: "panic to the successor's first answer, task actor",
        job: job(Shape::Panic, Place::One, 10_000),
        systems: &["pulsar", "tokio", "kameo", "ractor"],
        shown: Measure::Median,
        goals: &[Goal::WithinPeers(0.7)],
    },
    Row {
        name: "thread-memory",
        title: "memory of a thread actor (a thread with a loop)",
        job: job(Shape::Threads, Place::Free, 64),
        systems: &["pulsar", "tokio"],
        shown: Measure::Bytes,
        goals: &[],
    },
    Row {
        name: "process-memory",
        title: "memory of a process actor (a process that answers)",
        job: job(Shape::Processes, Place::Free, 16),
        systems: &["pulsar", "exec"],
        shown: Measure::Bytes,
        goals: &[],
    },
];

pub fn row(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == name)
}
