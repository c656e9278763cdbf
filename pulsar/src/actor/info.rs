//! What `info` answers.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::crash::CrashReport;
use crate::id::{ActorId, Incarnation, Kind, State};
use crate::plural::count;

/// What is known of a running actor.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # async fn doc(counter: &Proxy) -> Result<()> {
/// let info = counter.info().await?;
/// println!("{} has handled {} messages", info.actor.name, info.mailbox.handled);
/// # Ok(()) }
/// ```
///
/// It displays as one line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Info {
    /// Who it is.
    pub actor: ActorInfo,
    /// What its mailbox holds and has seen. Of a supervisor or a pool: the sums of the living actors under it, `dropped` and
    /// `in_flight` as of their last heartbeats.
    pub mailbox: MailboxInfo,
    /// What its process uses. Of a supervisor or a pool: the sums of the processes under it, as of their last heartbeats; where
    /// there are none, what the master uses.
    pub system: Option<SystemInfo>,
    /// What its `on_info` hook added.
    pub extra: BTreeMap<String, String>,
    /// How old `extra` is: a busy actor shows its last.
    pub extra_age: Duration,
    /// Of the arbiter: the actors it manages. Of a supervisor or a pool: the actors right under it.
    pub children: Vec<ActorInfo>,
    /// How the incarnation before this one ended, if that was no normal end.
    pub last_crash: Option<Box<CrashReport>>,
}

/// Who an actor is.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # #[actor] struct Counter { #[state] total: u64 }
/// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
/// # async fn doc(counter: CounterProxy) -> Result<()> {
/// for actor in &arbiter().info().await?.children {
///     println!("{} is {}, restarted {} times", actor.name, actor.state, actor.restarts);
/// }
/// # Ok(()) }
/// ```
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
    /// How long this incarnation has been there; of a supervisor or a pool, since all under it was ready.
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
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # #[actor] struct Counter { #[state] total: u64 }
/// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
/// # async fn doc(counter: CounterProxy) -> Result<()> {
/// let mailbox = counter.info().await?.mailbox;
/// println!("{} wait, {} handled, {} dropped", mailbox.depth, mailbox.handled, mailbox.dropped);
/// # Ok(()) }
/// ```
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
///
/// Actors in one process (threads, tasks, `main`) show the same.
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # #[actor] struct Counter { #[state] total: u64 }
/// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
/// # async fn doc(counter: CounterProxy) -> Result<()> {
/// if let Some(system) = counter.info().await?.system {
///     println!("{} KiB, {} threads, {} files", system.rss >> 10, system.threads, system.fds);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SystemInfo {
    /// Resident memory, in bytes.
    pub rss: u64,
    /// Of it, what is not pages of files: heap, stacks and shared memory, in bytes. What
    /// [`Limits::memory`](crate::Limits::memory) is compared with.
    pub memory: u64,
    /// Processor time it has used since it began, its threads together.
    pub cpu: Duration,
    /// How many threads it has.
    pub threads: u64,
    /// Open file descriptors.
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
            last_crash: None,
        }
    }

    /// Adds a value, for `on_info`.
    ///
    /// ```
    /// use pulsar::prelude::*;
    ///
    /// #[actor]
    /// struct Cache { #[state] entries: Vec<String> }
    ///
    /// #[actor]
    /// impl Cache {
    ///     #[hook]
    ///     fn on_info(&self, info: &mut Info) {
    ///         info.insert("entries", self.entries.len());
    ///     }
    /// }
    /// ```
    pub fn insert(&mut self, key: impl Into<String>, value: impl fmt::Display) {
        self.extra.insert(key.into(), value.to_string());
    }

    /// A value that `on_info` added.
    ///
    /// ```no_run
    /// # use pulsar::prelude::*;
    /// # #[actor] struct Counter { #[state] total: u64 }
    /// # #[actor] impl Counter { #[command] fn add(&mut self, n: u64) -> u64 { self.total += n; self.total } }
    /// # async fn doc(counter: CounterProxy) -> Result<()> {
    /// println!("{}", counter.info().await?.extra("entries").unwrap_or("0"));
    /// # Ok(()) }
    /// ```
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
            let (threads, fds) = (count(system.threads, "thread"), count(system.fds, "fd"));
            write!(f, "; {} KiB, {threads}, {fds}", system.rss / 1024)?;
        }
        for (key, value) in extra {
            write!(f, "; {key} {value}")?;
        }
        Ok(())
    }
}
