//! The rows of the table: what is measured, of which systems, and what pulsar is to reach. Knows no system but by name.

use crate::job::{Figure, Job, Place, Shape};

/// One row.
pub struct Row {
    pub name: &'static str,
    pub title: &'static str,
    pub job: Job,
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
}

impl Measure {
    pub fn of(self, figure: &Figure) -> Option<f64> {
        match self {
            Self::Mean => Some(figure.ns),
            Self::Median => figure.p50,
        }
    }

    pub fn show(self, value: f64) -> String {
        match value {
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
    /// At most so many nanoseconds.
    AtMost(f64),
}

const ALL: &[&str] = &["pulsar", "tokio", "actix", "kameo", "kameo-unbounded", "ractor", "xtra"];
const QUEUES: &[&str] = &["pulsar", "tokio", "crossbeam", "actix", "kameo", "kameo-unbounded", "ractor", "xtra"];

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
        goals: &[Goal::AtMost(1_500.0)],
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
];

pub fn row(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == name)
}
