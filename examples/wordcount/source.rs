//! Owns where the text comes from: which files there are, and the jobs that they are cut into. Knows no actors.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::piece::{Piece, reason, stream};

/// What a worker is given at once.
#[derive(Clone, Debug)]
pub(crate) enum Job {
    /// Pieces that the worker reads itself.
    Pieces(Vec<Piece>),
    /// Text of something that only this process can read.
    Text(String),
}

/// What is wrong with one file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trouble {
    pub(crate) invalid: u64,
    pub(crate) error: Option<String>,
}

/// The files, looked at but not read.
#[derive(Debug)]
pub(crate) struct Source {
    files: Vec<(PathBuf, Input)>,
}

#[derive(Debug)]
enum Input {
    /// A regular file of this length, which anyone can open and read anywhere.
    Ranges(u64),
    /// Read from its beginning to its end, and by this process.
    Stream,
    Bad(String),
}

const LARGEST: u64 = 4 << 20;
const SMALLEST: u64 = 256 << 10;
const MOST_PIECES: usize = 1024;

impl Source {
    /// Looks at the files.
    pub(crate) fn new(files: Vec<PathBuf>) -> Self {
        let look = |path: PathBuf| {
            let input = Input::of(&path);
            (path, input)
        };
        Self { files: files.into_iter().map(look).collect() }
    }

    /// How many bytes there are, as far as one can see.
    pub(crate) fn size(&self) -> u64 {
        self.files.iter().map(|(_, input)| if let Input::Ranges(length) = input { *length } else { 0 }).sum()
    }

    /// How large a job should be, so that as many workers have work to the end.
    pub(crate) fn piece(&self, workers: usize) -> u64 {
        (self.size() / (4 * workers as u64)).clamp(SMALLEST, LARGEST)
    }

    /// How many workers can have work at all.
    pub(crate) fn useful_workers(&self, piece: u64) -> usize {
        let streams = self.files.iter().any(|(_, input)| matches!(input, Input::Stream));
        if streams { usize::MAX } else { usize::try_from(self.size().div_ceil(piece)).unwrap_or(usize::MAX) }
    }

    /// Cuts and reads on a thread of its own, as a stream may keep one waiting; returns the jobs, and what tells the
    /// troubles of the files when the jobs are done.
    pub(crate) fn jobs(self, piece: u64) -> (Receiver<Job>, impl FnOnce() -> Vec<(PathBuf, Trouble)>) {
        let (sender, receiver) = channel(4);
        let thread = std::thread::spawn(move || self.cut(piece, &sender));
        (receiver, || thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    }

    fn cut(self, size: u64, jobs: &Sender<Job>) -> Vec<(PathBuf, Trouble)> {
        let mut troubles = Vec::with_capacity(self.files.len());
        let mut batch = Batch { size, ..Batch::default() };
        for (file, (path, input)) in self.files.into_iter().enumerate() {
            let mut trouble = Trouble::default();
            match input {
                Input::Ranges(length) => batch.add(file, &path, length, |job| jobs.blocking_send(job).is_ok()),
                Input::Stream => {
                    let size = usize::try_from(size.min(LARGEST / 4)).unwrap_or(usize::MAX);
                    match read(&path, size, |text| jobs.blocking_send(Job::Text(text)).is_ok()) {
                        Ok(invalid) => trouble.invalid = invalid,
                        Err(error) => trouble.error = Some(reason(&error)),
                    }
                }
                Input::Bad(reason) => trouble.error = Some(reason),
            }
            troubles.push((path, trouble));
        }
        if !batch.pieces.is_empty() {
            // Nobody left to take it is nobody to be told either.
            let _ = jobs.blocking_send(Job::Pieces(batch.pieces));
        }
        troubles
    }
}

impl Input {
    fn of(path: &Path) -> Self {
        // What is under these is this process's own, and would be another thing where a worker opens it.
        if path == Path::new("-") || path.starts_with("/dev") || path.starts_with("/proc") {
            return Self::Stream;
        }
        match fs::metadata(path) {
            // A file of no length may still have something to say, as many that the kernel writes.
            Ok(metadata) if metadata.is_file() && metadata.len() > 0 => Self::Ranges(metadata.len()),
            Ok(_) => Self::Stream,
            Err(error) => Self::Bad(reason(&error)),
        }
    }
}

fn read(path: &Path, size: usize, take: impl FnMut(String) -> bool) -> io::Result<u64> {
    if path == Path::new("-") { stream(io::stdin().lock(), size, take) } else { stream(File::open(path)?, size, take) }
}

/// Pieces that go out together once they are large enough: small files would else cost a message each.
#[derive(Debug, Default)]
struct Batch {
    size: u64,
    filled: u64,
    pieces: Vec<Piece>,
}

impl Batch {
    fn add(&mut self, file: usize, path: &Path, length: u64, mut send: impl FnMut(Job) -> bool) {
        let mut start = 0;
        while start < length {
            let end = length.min(start + self.size - self.filled);
            self.pieces.push(Piece { file, path: path.into(), start, end });
            self.filled += end - start;
            start = end;
            if self.filled == self.size || self.pieces.len() == MOST_PIECES {
                self.filled = 0;
                if !send(Job::Pieces(std::mem::take(&mut self.pieces))) {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(size: u64, lengths: &[u64]) -> Vec<Vec<(usize, u64, u64)>> {
        let (mut batch, mut jobs) = (Batch { size, ..Batch::default() }, Vec::new());
        let mut keep = |job| {
            let Job::Pieces(pieces) = job else { unreachable!() };
            jobs.push(pieces.into_iter().map(|piece| (piece.file, piece.start, piece.end)).collect::<Vec<_>>());
            true
        };
        for (file, length) in lengths.iter().enumerate() {
            batch.add(file, Path::new("x"), *length, &mut keep);
        }
        keep(Job::Pieces(batch.pieces));
        jobs
    }

    #[test]
    fn large_files_are_cut_and_small_ones_go_together() {
        assert_eq!(cut(10, &[25]), [vec![(0, 0, 10)], vec![(0, 10, 20)], vec![(0, 20, 25)]]);
        assert_eq!(cut(10, &[3, 4, 5]), [vec![(0, 0, 3), (1, 0, 4), (2, 0, 3)], vec![(2, 3, 5)]]);
        assert_eq!(cut(10, &[10]), [vec![(0, 0, 10)], vec![]]);
    }

    #[test]
    fn a_job_has_only_so_many_pieces() {
        assert_eq!(cut(1 << 20, &[1; 2000]).iter().map(Vec::len).collect::<Vec<_>>(), [1024, 976]);
    }

    #[test]
    fn what_belongs_to_this_process_is_streamed() {
        assert!(matches!(Input::of(Path::new("-")), Input::Stream));
        assert!(matches!(Input::of(Path::new("/dev/stdin")), Input::Stream));
        assert!(matches!(Input::of(Path::new("/")), Input::Stream));
        assert!(matches!(Input::of(Path::new("no such file")), Input::Bad(_)));
    }

    #[test]
    fn jobs_are_neither_tiny_nor_huge() {
        let source = |length| Source { files: vec![("x".into(), Input::Ranges(length))] };
        assert_eq!((source(5000).piece(2), source(5000).useful_workers(SMALLEST)), (SMALLEST, 1));
        assert_eq!((source(8 << 20).piece(2), source(8 << 20).useful_workers(1 << 20)), (1 << 20, 8));
        assert_eq!(source(1 << 40).piece(2), LARGEST);
    }
}
