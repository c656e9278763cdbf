//! The crash report of a task actor: there is no arbiter in its process, so its keeper makes it.

use tracing::Level;

use super::Keeper;
use crate::crash::CrashReport;
use crate::id::{ActorId, Kind};
use crate::plural::count;
use crate::recorder::Recorded;
use crate::report;
use crate::runner::Ended;

impl Keeper {
    /// The present incarnation has ended: reports it, unless that was a normal end.
    pub(super) fn report(&self, id: ActorId, ended: &Ended) {
        let crash = {
            let mut children = self.children.borrow_mut();
            let Some(child) = children.get_mut(&id) else { return };
            child.last_crash = None;
            let Some(core) = child.core.as_ref().filter(|_| !ended.reason.is_normal()) else {
                if ended.lost > 0 {
                    let text = format!("{} died with {}", count(ended.lost, "message"), child.address.label());
                    drop(children);
                    report::say(Level::WARN, &text);
                }
                return;
            };
            let recorded = Recorded { waiting: core.mailbox.depth(), ..core.record.recorder.read() };
            let crash = report::crash_of(
                &child.address,
                child.common.entry,
                Kind::Task,
                core.incarnation,
                core.began,
                recorded,
                &ended.reason,
            );
            let crash = CrashReport { lost: ended.lost, ..crash };
            child.last_crash = Some(Box::new(crash.clone()));
            crash
        };
        report::crash(&crash);
    }
}
