//! Vocabulary: what is known of an incarnation that came to a bad end.
//!
//! Data and its text only. Must not know where the data comes from.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::exit::ExitReason;
use crate::id::{ActorId, Incarnation, Kind};
use crate::plural::count;

/// What is known of an incarnation that ended otherwise than [normally](ExitReason::is_normal).
///
/// One is made for every such end, in every kind. It is logged (target `pulsar::supervisor`, level `ERROR`, one field for
/// each field here), and the incarnation that follows has it in [`Info::last_crash`](crate::Info::last_crash).
///
/// ```no_run
/// # use pulsar::prelude::*;
/// # async fn doc(counter: &Proxy) -> Result<()> {
/// if let Some(crash) = counter.info().await?.last_crash {
///     println!("{} {} while it did {:?}", crash.actor, crash.reason, crash.last_command);
/// }
/// # Ok(()) }
/// ```
///
/// It displays as a few lines: the reason, then what it was doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CrashReport {
    /// Its name, or its id where it has none.
    pub actor: String,
    /// Its identity.
    pub id: ActorId,
    /// Where it ran.
    pub kind: Kind,
    /// Which of its lives this was, from 1.
    pub incarnation: Incarnation,
    /// The process it ran in.
    pub pid: u32,
    /// How long it had been there, from the start of its process, thread or task.
    pub uptime: Duration,
    /// How often it had been restarted before.
    pub restarts: u32,
    /// Why it ended.
    pub reason: ExitReason,
    /// The command it handled last; `None` if it had begun none.
    pub last_command: Option<String>,
    /// Whether it was still at that command.
    pub running: bool,
    /// How many messages waited in its mailbox.
    pub waiting: u64,
    /// How many messages it had handled.
    pub handled: u64,
    /// How many tells were accepted and never begun: nobody else hears of those. Of a process that had no time for last
    /// words it is not known, and 0.
    pub lost: u64,
    /// The end of what it wrote to standard error: 64 KiB at most, and what is no UTF-8 replaced. Empty for a thread or a
    /// task, which share the master's or their process's, and where [`Output::Inherit`](crate::Output::Inherit) was asked for.
    pub stderr: String,
}

impl fmt::Display for CrashReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "incarnation {} of {} {}", self.incarnation, self.actor, self.reason)?;
        match &self.last_command {
            Some(command) if self.running => writeln!(f, "  last command: {command}, unfinished")?,
            Some(command) => writeln!(f, "  last command: {command}, finished")?,
            None => writeln!(f, "  last command: none")?,
        }
        write!(f, "  messages: {} waiting, {} handled, {} lost", self.waiting, self.handled, self.lost)?;
        let restarts = count(self.restarts, "time");
        write!(f, "; {}, pid {}, up {:.1?}, restarted {restarts}", self.kind, self.pid, self.uptime)
    }
}
