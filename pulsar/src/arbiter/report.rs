//! Makes the crash report of an incarnation, whatever its kind, and sees that it is heard of.

use std::sync::Arc;

use super::Arbiter;
use super::cause::{Evidence, SIGKILL, cause};
use super::child::{Child, LastWords, Place};
use crate::actor::SystemInfo;
use crate::crash::CrashReport;
use crate::exit::ExitReason;
use crate::id::ActorId;
use crate::plural::count;
use crate::report;

impl Arbiter {
    /// Why the process of an actor ended, as far as the arbiter can tell.
    pub(super) fn cause(&self, id: ActorId, status: ExitReason) -> ExitReason {
        let Some(Place::Process { handle, taps, .. }) = self.place(id) else { return status };
        let ours = handle.borrow().was_killed();
        // Looked for only where it would tell anything: it takes a while.
        let oom_kills = matches!(status, ExitReason::Signal { number: SIGKILL, .. }) && !ours && self.oom.struck();
        let evidence = Evidence { stderr: &taps.stderr(), ours, oom_kills };
        cause(status, &evidence)
    }

    /// An actor has said what its process uses: one that is above its limit goes.
    pub(super) fn weigh(&mut self, id: ActorId, system: &SystemInfo) {
        self.oom.look();
        let Some(child) = self.children.get_mut(&id) else { return };
        let (Some(most), Place::Process { handle, .. }) = (child.request.params.limits.memory, &child.place) else {
            return;
        };
        if system.memory > most && child.last_words.is_none() {
            child.last_words = Some(LastWords { reason: ExitReason::OutOfMemory, lost: 0 });
            handle.borrow().kill();
        }
    }

    /// The present incarnation has ended: reports it, unless that was a normal end. Call it while its place is known.
    pub(super) fn report(&mut self, id: ActorId, reason: &ExitReason, lost: u64) {
        let Some(child) = self.children.get_mut(&id) else { return };
        // Once: a thread that was left behind ends a second time when it comes back.
        if !child.state.is_live() {
            return;
        }
        child.last_crash = None;
        if reason.is_normal() {
            if lost > 0 {
                let text = format!("{} died with {}", count(lost, "message"), child.address.label());
                self.log.say(tracing::Level::WARN, text);
            }
            return;
        }
        // At the end of the program what does not stop in time is killed: that is said once for all of them.
        if self.ending.is_some() && matches!(reason, ExitReason::Signal { number: 9, .. }) {
            return;
        }
        let crash = Arc::new(crash_of(child, reason, lost));
        child.last_crash = Some(crash.clone());
        self.log.crash(crash);
    }
}

/// All that is known of an incarnation that has ended.
fn crash_of(child: &Child, reason: &ExitReason, lost: u64) -> CrashReport {
    let stderr = match &child.place {
        Place::Process { taps, .. } => String::from_utf8_lossy(&taps.stderr()).into_owned(),
        Place::None | Place::Thread(_) | Place::Task(..) => String::new(),
    };
    let kind = child.request.params.kind;
    let recorded = child.black_box.read();
    let report = report::crash_of(&child.address, child.entry, kind, child.incarnation, child.began, recorded, reason);
    CrashReport { pid: child.place.pid().unwrap_or(report.pid), lost, stderr, ..report }
}
