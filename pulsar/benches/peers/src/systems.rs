//! The systems that are measured, one module each. Knows no workload.

mod actix;
mod crossbeam;
mod kameo;
mod pulsar;
mod ractor;
mod tokio;
mod xtra;

use crate::job::{Figure, Job};

/// The libraries of actors that pulsar is measured against; any other system is a floor.
pub const PEERS: &[&str] = &["actix", "kameo", "kameo-unbounded", "ractor", "xtra"];

/// Runs it once; nothing where the system does not do that, or fails.
pub fn run(system: &str, job: Job) -> Option<Figure> {
    match system {
        "actix" => actix::run(job),
        "crossbeam" => crossbeam::run(job),
        "kameo" => kameo::run(job, true),
        "kameo-unbounded" => kameo::run(job, false),
        "pulsar" => pulsar::run(job),
        "ractor" => ractor::run(job),
        "tokio" => tokio::run(job),
        "xtra" => xtra::run(job),
        _ => None,
    }
}
