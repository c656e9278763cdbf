//! What process actors run: the binary of the master, or, after a reload, the one that was on disk then.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::rc::Rc;

use crate::concurrency::sys;

/// A binary that is kept, whatever becomes of its path.
#[derive(Debug)]
pub(super) struct Binary {
    /// `None` for the running one.
    file: Option<File>,
    build: u64,
}

impl Binary {
    /// The one that this process runs.
    pub(super) fn running() -> Rc<Self> {
        Rc::new(Self { file: None, build: sys::build_id() })
    }

    /// The one that is at `path` now.
    pub(super) fn open(path: &std::path::Path) -> io::Result<Rc<Self>> {
        let file = sys::open_binary(path)?;
        let build = sys::build_of(&file)?;
        Ok(Rc::new(Self { file: Some(file), build }))
    }

    /// The path to execute it by; `None` for the running one.
    pub(super) fn path(&self) -> Option<PathBuf> {
        // The descriptor is still open when the child executes it, and closed by that.
        self.file.as_ref().map(|file| format!("/proc/self/fd/{}", file.as_raw_fd()).into())
    }

    /// What a child that runs it has to say it runs.
    pub(super) fn build(&self) -> u64 {
        self.build
    }
}
