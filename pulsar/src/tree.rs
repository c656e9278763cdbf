//! What the arbiter keeps alive, as a value to look at and to print.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::exit::ExitReason;
use crate::id::{ActorId, Incarnation, Kind, State};
use crate::plural::count;
use crate::supervise::Strategy;

/// The supervision tree, or a part of it, at one moment. It displays as a table.
///
/// ```no_run
/// # async fn doc() -> pulsar::Result<()> {
/// let tree = pulsar::tree().await?;
/// println!("{tree}");
/// for root in &tree.roots {
///     println!("{} has {} children", root.name, root.children.len());
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tree {
    /// What has no supervisor above it: supervisors, pools and actors that were spawned by themselves.
    pub roots: Vec<TreeNode>,
    /// How many threads did not come back when they were told to end, and were left behind. They end with the program.
    pub left_behind: u32,
}

/// One line of a [`Tree`].
///
/// ```no_run
/// # async fn doc() -> pulsar::Result<()> {
/// for node in &pulsar::tree().await?.roots {
///     println!("{} {} {}", node.name, node.role, node.state);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TreeNode {
    /// Its name among its siblings; of a root its name, or its id where it has none.
    pub name: String,
    /// Its identity.
    pub id: ActorId,
    /// What it is.
    pub role: Role,
    /// Its state.
    pub state: State,
    /// Its process, where it has one of its own.
    pub pid: Option<u32>,
    /// Which of its lives this is, from 1; 0 before the first.
    pub incarnation: Incarnation,
    /// How often it was restarted, since it was added or reset.
    pub restarts: u32,
    /// Resident memory of its process at its last notify, in bytes.
    pub memory: Option<u64>,
    /// Messages that it has handled, as of its last notify.
    pub handled: Option<u64>,
    /// How long until it is started again, where it waits for its backoff.
    pub starts_in: Option<Duration>,
    /// Why its incarnation before this ended, or this one if it no longer lives.
    pub last_exit: Option<ExitReason>,
    /// What is under it, in the order in which it is started.
    pub children: Vec<Self>,
}

/// What a node of a [`Tree`] is.
///
/// ```
/// use pulsar::{Kind, Role};
/// assert_eq!(Role::Actor { kind: Kind::Thread }.to_string(), "thread");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Role {
    /// An actor.
    Actor {
        /// Where it runs.
        kind: Kind,
    },
    /// A monitor of like actors.
    Pool {
        /// How many there are to be.
        workers: u32,
    },
    /// A supervisor.
    Supervisor {
        /// What the end of one child means for the others.
        strategy: Strategy,
    },
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Actor { kind } => kind.fmt(f),
            Self::Pool { workers } => f.pad(&format!("pool of {workers}")),
            Self::Supervisor { strategy } => strategy.fmt(f),
        }
    }
}

impl TreeNode {
    /// A node of which no more is known than what it is.
    pub(crate) fn new(name: String, id: ActorId, role: Role, state: State) -> Self {
        Self {
            name,
            id,
            role,
            state,
            pid: None,
            incarnation: 0,
            restarts: 0,
            memory: None,
            handled: None,
            starts_in: None,
            last_exit: None,
            children: Vec::new(),
        }
    }

    fn rows(&self, before: &str, branch: &str, below: &str, rows: &mut Vec<[String; 8]>) {
        let shown = |value: Option<String>| value.unwrap_or_else(|| "-".into());
        let actor = matches!(self.role, Role::Actor { .. });
        rows.push([
            format!("{before}{branch}{}", self.name),
            self.role.to_string(),
            match self.starts_in {
                Some(left) => format!("in {:.1?}", left),
                None => self.state.to_string(),
            },
            shown(self.pid.map(|pid| pid.to_string())),
            self.restarts.to_string(),
            shown(
                self.memory.filter(|_| self.pid.is_some()).map(|bytes| format!("{:.1} MiB", bytes as f64 / 1048576.0)),
            ),
            shown(self.handled.filter(|_| actor).map(|handled| handled.to_string())),
            self.last_exit.as_ref().map_or_else(String::new, short),
        ]);
        let before = format!("{before}{below}");
        let last = self.children.len().saturating_sub(1);
        for (at, child) in self.children.iter().enumerate() {
            let (branch, below) = if at == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            child.rows(&before, branch, below, rows);
        }
    }
}

/// The first line of a reason, for a table.
fn short(reason: &ExitReason) -> String {
    const WIDTH: usize = 60;
    let text = reason.to_string();
    let line = text.lines().next().unwrap_or_default();
    let cut: String = line.chars().take(WIDTH).collect();
    if cut.len() < text.len() { cut + " .." } else { cut }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows =
            vec![["NAME", "ROLE", "STATE", "PID", "RESTARTS", "MEMORY", "HANDLED", "LAST EXIT"].map(String::from)];
        self.roots.iter().for_each(|root| root.rows("", "", "", &mut rows));
        let mut widths = [0; 8];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        for (at, row) in rows.iter().enumerate() {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
            let line = cells.collect::<Vec<_>>().join("  ");
            write!(f, "{}{}", if at == 0 { "" } else { "\n" }, line.trim_end())?;
        }
        if self.left_behind > 0 {
            let (threads, were) =
                (count(self.left_behind, "thread"), if self.left_behind == 1 { "was" } else { "were" });
            write!(f, "\n{threads} did not come back and {were} left behind")?;
        }
        Ok(())
    }
}
