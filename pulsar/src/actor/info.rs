//! What `info` answers.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{ActorId, Incarnation, Kind, State};

/// What is known of a running actor.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # async fn doc(counter: &Proxy) -> Result<()> {
/// let info = counter.info().await?;
/// println!("{} has handled {} messages", info.actor.name, info.mailbox.handled);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Info {
    /// Who it is.
    pub actor: ActorInfo,
    /// What its mailbox holds and has seen.
    pub mailbox: MailboxInfo,
    /// What its process uses.
    pub system: Option<SystemInfo>,
    /// What its `on_info` hook added.
    pub extra: BTreeMap<String, String>,
    /// How old `extra` is: a busy actor shows its last.
    pub extra_age: Duration,
    /// Of the arbiter: the actors it manages.
    pub children: Vec<ActorInfo>,
}

/// Who an actor is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ActorInfo {
    /// Its name, or its id where it has none.
    pub name: String,
    /// Its identity.
    pub id: ActorId,
    /// Where it runs; `None` for the arbiter and for `main`.
    pub kind: Option<Kind>,
    /// Its state.
    pub state: State,
    /// How long this incarnation has been there.
    pub uptime: Duration,
    /// The process it runs in.
    pub pid: u32,
    /// The thread it runs on.
    pub thread: String,
    /// Which of its lives this is, from 1.
    pub incarnation: Incarnation,
    /// How often it was restarted.
    pub restarts: u32,
}

/// What a mailbox holds and has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MailboxInfo {
    /// Messages that wait.
    pub depth: u64,
    /// Messages that were handled.
    pub handled: u64,
    /// Messages that were dropped unhandled (expired, given up, or not understood) and replies that came too late.
    pub dropped: u64,
    /// Answers that are owed: the running handler's and the deferred ones.
    pub in_flight: u64,
}

/// What a process uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SystemInfo {
    /// Resident memory, in bytes.
    pub rss: u64,
    /// Processor time used since it began.
    pub cpu: Duration,
    /// Threads.
    pub threads: u64,
    /// Open files.
    pub fds: u64,
}

impl Info {
    pub(crate) fn new(actor: ActorInfo) -> Self {
        Self {
            actor,
            mailbox: MailboxInfo::default(),
            system: None,
            extra: BTreeMap::new(),
            extra_age: Duration::ZERO,
            children: Vec::new(),
        }
    }

    /// Adds a value, for `on_info`.
    pub fn insert(&mut self, key: impl Into<String>, value: impl fmt::Display) {
        self.extra.insert(key.into(), value.to_string());
    }

    /// A value that `on_info` added.
    pub fn extra(&self, key: &str) -> Option<&str> {
        self.extra.get(key).map(String::as_str)
    }
}

impl fmt::Display for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { actor, mailbox, system, extra, .. } = self;
        let kind = actor.kind.map_or_else(String::new, |kind| format!("{kind} "));
        write!(f, "{} ({}) {kind}{}", actor.name, actor.id, actor.state)?;
        write!(f, ", pid {}, incarnation {}, up {:.1?}", actor.pid, actor.incarnation, actor.uptime)?;
        write!(f, "; mailbox {} waiting, {} handled, {} dropped", mailbox.depth, mailbox.handled, mailbox.dropped)?;
        if let Some(system) = system {
            write!(f, "; {} KiB, {} threads, {} fds", system.rss / 1024, system.threads, system.fds)?;
        }
        for (key, value) in extra {
            write!(f, "; {key} {value}")?;
        }
        Ok(())
    }
}
