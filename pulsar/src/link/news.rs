//! Housekeeping between processes: who they are, what has moved, what has ended.

use serde::{Deserialize, Serialize};
use tracing::Level;

use super::links;
use crate::actor::Params;
use crate::address::{Address, Place};
use crate::crash::CrashReport;
use crate::exit::ExitReason;
use crate::id::{ActorId, Incarnation};
use crate::node::node;
use crate::report;

/// One piece of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum News {
    /// From the arbiter, first of all: who the child is to be. With a descriptor: the words it notes in what it is at.
    Boot(Box<Boot>),
    /// From the arbiter, before that, with a descriptor: what the actor is handed.
    Handed { number: u64 },
    /// From either end of a connection between children, first of all: who it is.
    Hello { process: u32, build: u64 },
    /// From the arbiter, with a descriptor: the connection to another child.
    Peer { process: u32 },
    /// An actor that this process asked about has another place.
    Moved { id: ActorId, place: Place },
    /// An incarnation that runs at the other end takes no more messages. One that drains is to be told when what was on
    /// its way has been sent.
    Leaving { id: ActorId, incarnation: Incarnation, drains: bool },
    /// The answer to that: this process sends it nothing more.
    Left { id: ActorId },
    /// From the arbiter: a process has ended.
    Ended { process: u32, reason: ExitReason },
}

/// Who a child is to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Boot {
    pub(crate) id: ActorId,
    pub(crate) incarnation: Incarnation,
    pub(crate) actor: String,
    pub(crate) fingerprint: u64,
    pub(crate) build: u64,
    pub(crate) specification: bytes::Bytes,
    pub(crate) params: Params,
    /// Who is above it.
    pub(crate) manager: ActorId,
    /// How the incarnation before ended, if that was no normal end.
    pub(crate) last_crash: Option<Box<CrashReport>>,
}

/// Tells the processes that asked about it where an actor is now.
pub(crate) fn announce(address: &Address) {
    let subscribers = address.subscribers();
    if subscribers.is_empty() {
        return;
    }
    let Some(node) = node() else { return };
    let news = News::Moved { id: address.id(), place: address.place(node.process()) };
    for process in subscribers {
        let Some(link) = links().get(process) else { continue };
        if let Err(error) = link.tell_node(&news, None) {
            report::note(Level::ERROR, format!("process {process} was not told where an actor is: {error}"));
        }
    }
}

/// Tells the other ends of all connections that an incarnation of this process takes no more messages.
pub(crate) fn say_leaving(address: &Address, incarnation: Incarnation) {
    let id = address.id();
    // Of what the master keeps it is known who has asked.
    let told = match node() {
        Some(node) if node.is_master() => address.subscribers().into_iter().filter_map(|it| links().get(it)).collect(),
        _ => links().all(),
    };
    for link in told {
        if let Err(error) = link.tell_node(&News::Leaving { id, incarnation, drains: false }, None) {
            report::note(Level::ERROR, format!("the end of an incarnation was not told: {error}"));
        }
    }
}

/// The same of one that drains. Says which processes will tell it that they have sent their last.
pub(crate) fn say_draining(id: ActorId, incarnation: Incarnation) -> Vec<u32> {
    let mut told = Vec::new();
    for link in links().all() {
        match link.tell_node(&News::Leaving { id, incarnation, drains: true }, None) {
            Ok(()) if !link.is_closed() => told.push(link.process),
            Ok(()) => {}
            Err(error) => report::note(Level::ERROR, format!("that an incarnation drains was not told: {error}")),
        }
    }
    told
}
