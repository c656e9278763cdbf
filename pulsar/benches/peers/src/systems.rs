//! The systems that are measured, one module each. Knows no workload.

mod actix;
#[cfg(feature = "cluster")]
mod cluster;
mod crossbeam;
mod exec;
mod frames;
mod kameo;
mod pulsar;
mod ractor;
mod socket;
mod tokio;
mod ws;
mod xtra;

use std::io;
use std::os::unix::net::UnixStream;

use crate::job::{Figure, Job};

/// The libraries of actors that pulsar is measured against; any other system is a floor.
pub const PEERS: &[&str] = &["actix", "kameo", "kameo-unbounded", "ractor", "ractor_cluster", "xtra"];

/// Runs it once; nothing where the system does not do that, or fails.
pub fn run(system: &str, job: Job) -> Option<Figure> {
    match system {
        "actix" => actix::run(job),
        "crossbeam" => crossbeam::run(job),
        "exec" => exec::run(job).map_err(|error| eprintln!("{error}")).ok(),
        "frames" => frames::run(job),
        "kameo" => kameo::run(job, true),
        "kameo-unbounded" => kameo::run(job, false),
        "pulsar" | "pulsar-exec" => pulsar::run(job),
        "ractor" => ractor::run(job),
        #[cfg(feature = "cluster")]
        "ractor_cluster" => cluster::run(job),
        "socket" => socket::run(job),
        "tokio" => tokio::run(job),
        "ws" => ws::run(job),
        "xtra" => xtra::run(job),
        _ => None,
    }
}

/// What the other process of a system does, until its socket ends.
pub fn child(system: &str, socket: UnixStream) -> io::Result<()> {
    match system {
        #[cfg(feature = "cluster")]
        "ractor_cluster" => cluster::child(socket),
        "exec" => exec::child(socket),
        "frames" => frames::child(socket),
        "socket" => socket::child(socket),
        "ws" => ws::child(socket),
        _ => Err(io::Error::other("it has no other process")),
    }
}
