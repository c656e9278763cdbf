//! What process actors run: the binary of the master, or, after a reload, the one that was on disk then.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::concurrency::sys;

/// A binary that is kept, whatever becomes of its path.
#[derive(Debug)]
pub(super) struct Binary {
    /// `None` for the running one.
    file: Option<File>,
    build: u64,
}

/// A file that was found where binaries come from.
#[derive(Debug)]
pub(crate) struct Opened {
    file: File,
    build: u64,
}

impl Opened {
    /// What is at `path` now. Where its file system hangs this does, so call it on a thread that nobody waits for.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        let mut file = sys::open_binary(path)?;
        let build = sys::build_of(&file)?;
        // Whoever executes it waits for its beginning, and that is the arbiter: now it is in memory.
        file.read_exact(&mut [0; 4096]).or_else(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Ok(()),
            _ => Err(error),
        })?;
        Ok(Self { file, build })
    }
}

impl Binary {
    /// The one that this process runs.
    pub(super) fn running() -> Rc<Self> {
        Rc::new(Self { file: None, build: sys::build_id() })
    }

    pub(super) fn new(opened: Opened) -> Rc<Self> {
        Rc::new(Self { file: Some(opened.file), build: opened.build })
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
