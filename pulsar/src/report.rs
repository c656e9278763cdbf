//! What the supervisors have to say: to the program's subscriber, or to standard error where there is none.

use std::io::Write;
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tracing::Level;

use crate::actor::ActorEntry;
use crate::address::Address;
use crate::command::find_open;
use crate::crash::CrashReport;
use crate::events::{Change, TreeEvent};
use crate::exit::ExitReason;
use crate::id::{Incarnation, Kind};
use crate::recorder::Recorded;

/// Whether what is said at this level can reach anybody: asks no subscriber, which is the user's code.
pub(crate) fn is_heard(level: Level) -> bool {
    level <= Level::WARN || level <= tracing::level_filters::LevelFilter::current()
}

/// Where the master has what is said on the arbiter's loop said: on its log thread.
static ELSEWHERE: OnceLock<Box<dyn Fn(Level, String) + Send + Sync>> = OnceLock::new();

/// Has what is [noted](note) from now on said elsewhere. The first to ask has it.
pub(crate) fn say_elsewhere(put: impl Fn(Level, String) + Send + Sync + 'static) {
    let _ = ELSEWHERE.set(Box::new(put));
}

/// Says what may come up on the arbiter's loop, which waits for no subscriber: in the master the log thread says it.
pub(crate) fn note(level: Level, text: String) {
    if !is_heard(level) {
        return;
    }
    match ELSEWHERE.get() {
        Some(put) => put(level, text),
        None => say(level, &text),
    }
}

/// Says it. The subscriber is the user's code: the arbiter calls this from its log thread only.
pub(crate) fn say(level: Level, text: &str) {
    // A program that has nobody listening still hears of what went wrong.
    if level <= Level::WARN && nobody_listens() {
        print(&format!("pulsar: {text}\n"));
    }
    if level == Level::ERROR {
        tracing::error!(target: "pulsar::supervisor", "{text}");
    } else if level == Level::WARN {
        tracing::warn!(target: "pulsar::supervisor", "{text}");
    } else if level == Level::INFO {
        tracing::info!(target: "pulsar::supervisor", "{text}");
    } else {
        tracing::debug!(target: "pulsar::supervisor", "{text}");
    }
}

/// What is known of an incarnation of this process that has ended. What is known of its own process, if it had one, is
/// for the caller to add.
pub(crate) fn crash_of(
    address: &Address,
    entry: &ActorEntry,
    kind: Kind,
    incarnation: Incarnation,
    began: Instant,
    recorded: Recorded,
    reason: &ExitReason,
) -> CrashReport {
    let name = |tag| {
        let own = entry.commands.iter().find(|command| command.tag == tag).map(|command| command.name);
        own.or_else(|| find_open(tag).map(|entry| entry.name)).map_or_else(|| format!("{tag:#010x}"), Into::into)
    };
    CrashReport {
        actor: address.label(),
        id: address.id(),
        kind,
        incarnation,
        pid: std::process::id(),
        uptime: began.elapsed(),
        restarts: incarnation.saturating_sub(1),
        reason: reason.clone(),
        last_command: recorded.last.map(name),
        running: recorded.running,
        waiting: recorded.waiting,
        handled: recorded.handled,
        lost: 0,
        stderr: String::new(),
    }
}

/// Says what has happened in the tree, with the fields that [`TreeEvent`] names.
pub(crate) fn tree(event: &TreeEvent) {
    let level = event.change.level();
    if level <= Level::WARN && nobody_listens() {
        print(&format!("pulsar: {event}\n"));
    }
    let TreeEvent { actor, id, incarnation, change, .. } = event;
    let (name, reason, restarts) = (change.name(), change.reason().map(tracing::field::display), change.restarts());
    let delay_ms = match change {
        Change::Restarting { delay, .. } => u64::try_from(delay.as_millis()).ok(),
        _ => None,
    };
    let pid = match change {
        Change::Started { pid } => *pid,
        _ => None,
    };
    macro_rules! say {
        ($level:expr) => {
            tracing::event!(
                target: "pulsar::supervisor",
                $level,
                %actor,
                %id,
                incarnation,
                change = name,
                reason,
                delay_ms,
                restarts,
                pid,
                "{event}"
            )
        };
    }
    match level {
        Level::ERROR => say!(Level::ERROR),
        Level::WARN => say!(Level::WARN),
        Level::INFO => say!(Level::INFO),
        _ => say!(Level::DEBUG),
    }
}

/// Says how an incarnation came to a bad end: one event, a field for each of the report's.
pub(crate) fn crash(crash: &CrashReport) {
    if nobody_listens() {
        // What it wrote to standard error has been passed on already.
        print(&format!("pulsar: {crash}\n"));
    }
    tracing::error!(
        target: "pulsar::supervisor",
        actor = %crash.actor,
        id = %crash.id,
        kind = %crash.kind,
        incarnation = crash.incarnation,
        pid = crash.pid,
        uptime = ?crash.uptime,
        restarts = crash.restarts,
        reason = %crash.reason,
        last_command = crash.last_command.as_deref(),
        running = crash.running,
        waiting = crash.waiting,
        handled = crash.handled,
        lost = crash.lost,
        stderr = %crash.stderr,
        "an actor crashed"
    );
}

/// In one piece: others write there, too. If nobody reads it there is nobody to tell.
fn print(text: &str) {
    let _turn = turn();
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Who has the turn at standard error, and who waits for it.
static LINE: Mutex<Line> = Mutex::new(Line { taken: false, waiting: 0 });

static FREE: Condvar = Condvar::new();

struct Line {
    taken: bool,
    waiting: u32,
}

/// How long a turn is waited for: whoever has it may be the user's panic hook, which may wait for anything.
const PATIENCE: Duration = Duration::from_millis(100);

/// A turn at standard error, for what comes in several pieces (a panic's message and backtrace) and must not be torn.
///
/// It is a courtesy: who has waited for it long enough writes all the same.
#[derive(Debug)]
pub(crate) struct Turn {
    taken: bool,
}

/// Waits for a turn.
pub(crate) fn turn() -> Turn {
    let mut line = LINE.lock().unwrap_or_else(PoisonError::into_inner);
    if line.taken {
        line.waiting += 1;
        let waited = FREE.wait_timeout_while(line, PATIENCE, |line| line.taken);
        (line, _) = waited.unwrap_or_else(PoisonError::into_inner);
        line.waiting -= 1;
    }
    Turn { taken: !std::mem::replace(&mut line.taken, true) }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.taken {
            let mut line = LINE.lock().unwrap_or_else(PoisonError::into_inner);
            line.taken = false;
            // To tell nobody is a system call, too.
            if line.waiting > 0 {
                FREE.notify_one();
            }
        }
    }
}

fn nobody_listens() -> bool {
    !tracing::dispatcher::has_been_set()
}
