//! What an application keeps in the master, beside its workers: sockets and files, and the hooks of its beginning and end.
//!
//! Closures cannot travel: they wait in a table, for an actor on a thread of the master's that is started before everything of the
//! application, and stopped after it.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::RunningApp;
use crate::error::{Error, Result};
use crate::handed::Kept;
use crate::serve::Local;

type Hook = Box<dyn FnOnce() -> Local<Result<(), Error>> + Send>;
type Told = Box<dyn FnOnce(&RunningApp) + Send>;

/// The hooks of the master.
#[derive(Default)]
pub(crate) struct BackstageHooks {
    pub(super) before: Vec<Hook>,
    pub(super) ready: Vec<Told>,
    pub(super) after: Vec<Hook>,
}

/// All of it.
#[derive(Default)]
pub(super) struct Stage {
    pub(super) before: Vec<Hook>,
    pub(super) after: Vec<Hook>,
    pub(super) sockets: Vec<Kept>,
    /// What is removed in the end.
    pub(super) files: Vec<Owned>,
}

/// A file of this program's: removed when this is dropped, unless somebody has put another in its place.
pub(super) struct Owned {
    path: PathBuf,
    known: Option<(u64, u64)>,
    /// Whatever is to stay open as long.
    _open: Option<File>,
}

impl Owned {
    pub(super) fn new(path: PathBuf, open: Option<File>) -> Self {
        Self { known: identity(&path), path, _open: open }
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    std::fs::symlink_metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

impl Drop for Owned {
    fn drop(&mut self) {
        if self.known.is_some() && identity(&self.path) == self.known {
            // Somebody may have removed it just now.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

static STAGES: Mutex<BTreeMap<u64, Stage>> = Mutex::new(BTreeMap::new());

fn with<R>(number: u64, f: impl FnOnce(&mut Stage) -> R) -> Option<R> {
    STAGES.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&number).map(f)
}

/// The actor that keeps it.
#[pulsar_macros::actor(thread, crate = crate)]
pub(super) struct Backstage {
    number: u64,
}

#[pulsar_macros::actor(crate = crate)]
impl Backstage {
    #[hook]
    async fn start(&mut self) -> Result<()> {
        // Taken: one that is started again has begun before.
        for hook in with(self.number, |stage| std::mem::take(&mut stage.before)).into_iter().flatten() {
            hook().await?;
        }
        Ok(())
    }

    #[hook]
    async fn stopping(&mut self) -> Result<()> {
        let stage = STAGES.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
        let Some(mut stage) = stage else { return Ok(()) };
        for hook in std::mem::take(&mut stage.after) {
            if let Err(error) = hook().await {
                tracing::error!(target: "pulsar::app", "the hook `when_exit` failed: {error}");
            }
        }
        Ok(())
    }
}

/// A stage that goes with the actor that was made of it, or before, where that never was.
pub(super) struct Set {
    number: u64,
    handed_on: bool,
}

impl Set {
    pub(super) fn new(stage: Stage) -> (Self, Backstage) {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        STAGES.lock().unwrap_or_else(PoisonError::into_inner).insert(number, stage);
        (Self { number, handed_on: false }, Backstage::new(number))
    }

    pub(super) fn keep(mut self) {
        self.handed_on = true;
    }
}

impl Drop for Set {
    fn drop(&mut self) {
        if !self.handed_on {
            let stage = STAGES.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
            drop(stage);
        }
    }
}
