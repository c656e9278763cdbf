//! `--reload`: the workers are replaced when the program's file or its configuration has changed.

use std::path::PathBuf;
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};

/// How often it is looked.
const LOOK: Duration = Duration::from_millis(500);

/// Looks for ever. A file that is still being written is waited for: it must look the same twice.
pub(super) async fn watch(files: Vec<PathBuf>) {
    let mut known = stamps(&files);
    let mut pending: Option<Vec<Option<Stamp>>> = None;
    loop {
        tokio::time::sleep(LOOK).await;
        let now = stamps(&files);
        // While one is being replaced it is not there.
        if now == known || now.iter().any(Option::is_none) {
            pending = None;
            continue;
        }
        if pending.as_ref() != Some(&now) {
            pending = Some(now);
            continue;
        }
        (known, pending) = (now, None);
        tracing::info!(target: "pulsar::app", "the program or its configuration has changed: reloading");
        // As a person would.
        let _ = kill_process(getpid(), Signal::HUP);
    }
}

/// What changes with a file.
type Stamp = (u64, i64, i64, u64);

fn stamps(files: &[PathBuf]) -> Vec<Option<Stamp>> {
    use std::os::unix::fs::MetadataExt;
    let stamp = |path: &PathBuf| {
        let found = std::fs::metadata(path).ok()?;
        Some((found.len(), found.mtime(), found.mtime_nsec(), found.ino()))
    };
    files.iter().map(stamp).collect()
}
