//! What process actors print: read from their pipes as it comes, line by line, and passed on behind the actor's name.
//!
//! Must not write itself: writing may block, and this is the arbiter's loop.

use std::cell::RefCell;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::unix::pipe::Receiver;
use tokio::task::JoinHandle;

use super::log::{Sink, Stream};

/// How much is read at a time: what a pipe holds.
const CHUNK: usize = 64 << 10;

/// The longest line; what is longer is cut into pieces.
const MAX_LINE: usize = 8 << 10;

/// How much of standard error is kept for the crash report.
const KEPT: usize = 64 << 10;

/// How much is read of what a dead process left behind: what its pipe can hold, unless others still write to it.
const LEFT: usize = 1 << 20;

/// How long a reader rests between two chunks that it drops.
const REST: Duration = Duration::from_millis(10);

/// The pipes of one process.
pub(super) struct Taps {
    taps: Vec<Rc<Tap>>,
    readers: Vec<JoinHandle<()>>,
    sink: Sink,
}

struct Tap {
    pipe: Receiver,
    stream: Stream,
    lines: RefCell<Lines>,
}

impl Taps {
    /// Begins to read, on this loop.
    pub(super) fn start(name: &str, pipes: Vec<(OwnedFd, Stream)>, sink: &Sink) -> io::Result<Self> {
        let mut this = Self { taps: Vec::new(), readers: Vec::new(), sink: sink.clone() };
        for (pipe, stream) in pipes {
            let lines = RefCell::new(Lines::new(name, stream == Stream::Err));
            let tap = Rc::new(Tap { pipe: Receiver::from_owned_fd(pipe)?, stream, lines });
            this.readers.push(tokio::task::spawn_local(tap.clone().read(sink.clone())));
            this.taps.push(tap);
        }
        Ok(this)
    }

    /// The process has ended: passes on what is left in its pipes. Waits for nothing: a program that it started may hold
    /// them open.
    pub(super) fn finish(&self) {
        self.readers.iter().for_each(JoinHandle::abort);
        for tap in &self.taps {
            let mut space = vec![0; CHUNK];
            let mut read = 0;
            while read < LEFT
                && let Ok(count @ 1..) = tap.pipe.try_read(&mut space)
            {
                read += count;
                tap.pass_on(space.get(..count).unwrap_or_default(), &self.sink);
            }
            let last = tap.lines.borrow_mut().end();
            tap.send(last, &self.sink);
        }
    }

    /// The end of what it wrote to standard error.
    pub(super) fn stderr(&self) -> Vec<u8> {
        let kept = self.taps.iter().find(|tap| tap.stream == Stream::Err);
        kept.map_or_else(Vec::new, |tap| tap.lines.borrow().kept().to_vec())
    }
}

impl Drop for Taps {
    fn drop(&mut self) {
        self.readers.iter().for_each(JoinHandle::abort);
    }
}

impl Tap {
    /// Reads until the pipe is closed.
    async fn read(self: Rc<Self>, sink: Sink) {
        loop {
            if self.pipe.readable().await.is_err() {
                return;
            }
            let room = sink.room().await;
            let mut space = vec![0; CHUNK];
            match self.pipe.try_read(&mut space) {
                Ok(0) => {
                    let last = self.lines.borrow_mut().end();
                    return self.send(last, &sink);
                }
                Ok(count) => {
                    let bytes = space.get(..count).unwrap_or_default();
                    if room {
                        self.pass_on(bytes, &sink);
                        // Everybody else on the arbiter's loop first.
                        tokio::task::yield_now().await;
                    } else {
                        self.lines.borrow_mut().drop_all(bytes);
                        tokio::time::sleep(REST).await;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    }

    fn pass_on(&self, bytes: &[u8], sink: &Sink) {
        let lines = self.lines.borrow_mut().push(bytes);
        self.send(lines, sink);
    }

    fn send(&self, lines: Batch, sink: &Sink) {
        if !lines.bytes.is_empty() && !sink.lines(self.stream, lines.bytes) {
            self.lines.borrow_mut().dropped += lines.count;
        }
    }
}

/// Lines that are ready to be written.
#[derive(Debug, Default)]
struct Batch {
    bytes: Vec<u8>,
    count: u64,
}

/// Makes lines of what comes out of one pipe.
struct Lines {
    prefix: Vec<u8>,
    /// A line whose end has not come.
    line: Vec<u8>,
    keeps: bool,
    kept: Vec<u8>,
    /// Lines that were dropped, and that nobody was told of.
    dropped: u64,
}

impl Lines {
    fn new(name: &str, keeps: bool) -> Self {
        let prefix = format!("{name} | ").into_bytes();
        Self { prefix, line: Vec::new(), keeps, kept: Vec::new(), dropped: 0 }
    }

    /// Takes what came, and gives the lines that are whole.
    fn push(&mut self, bytes: &[u8]) -> Batch {
        self.keep(bytes);
        let mut batch = self.notice();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (content, ends) = part.strip_suffix(b"\n").map_or((part, false), |content| (content, true));
            for piece in content.chunks(MAX_LINE) {
                let room = MAX_LINE - self.line.len();
                let (now, later) = piece.split_at(room.min(piece.len()));
                self.line.extend_from_slice(now);
                if !later.is_empty() {
                    self.flush(&mut batch);
                    self.line.extend_from_slice(later);
                }
            }
            if ends {
                self.flush(&mut batch);
            }
        }
        batch
    }

    /// Nothing more will come.
    fn end(&mut self) -> Batch {
        let mut batch = self.notice();
        if !self.line.is_empty() {
            self.flush(&mut batch);
        }
        batch
    }

    /// Takes what came, and gives nothing.
    fn drop_all(&mut self, bytes: &[u8]) {
        self.keep(bytes);
        self.line.clear();
        // What is longer than a line may be would have been several.
        let ends = bytes.iter().filter(|byte| **byte == b'\n').count();
        self.dropped += ends.max(bytes.len() / MAX_LINE).max(1) as u64;
    }

    fn notice(&mut self) -> Batch {
        let mut batch = Batch::default();
        let dropped = std::mem::take(&mut self.dropped);
        if dropped > 0 {
            batch.bytes.extend_from_slice(&self.prefix);
            let text = format!("(pulsar: {dropped} lines were dropped here: nobody reads the output fast enough)\n");
            batch.bytes.extend_from_slice(text.as_bytes());
        }
        batch
    }

    fn flush(&mut self, batch: &mut Batch) {
        batch.bytes.extend_from_slice(&self.prefix);
        batch.bytes.append(&mut self.line);
        batch.bytes.push(b'\n');
        batch.count += 1;
    }

    fn keep(&mut self, bytes: &[u8]) {
        if !self.keeps {
            return;
        }
        let end = bytes.get(bytes.len().saturating_sub(KEPT)..).unwrap_or_default();
        // Moved together only now and then.
        if self.kept.len() + end.len() > 2 * KEPT {
            self.kept.drain(..self.kept.len().saturating_sub(KEPT));
        }
        self.kept.extend_from_slice(end);
    }

    fn kept(&self) -> &[u8] {
        self.kept.get(self.kept.len().saturating_sub(KEPT)..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(batch: Batch) -> String {
        String::from_utf8(batch.bytes).expect("text")
    }

    #[test]
    fn lines_are_put_together_from_pieces() {
        let mut lines = Lines::new("a", false);
        assert_eq!(text(lines.push(b"one\ntw")), "a | one\n");
        assert_eq!(text(lines.push(b"o\n\nthr")), "a | two\na | \n");
        assert_eq!(text(lines.push(b"ee")), "");
        assert_eq!(text(lines.end()), "a | three\n");
        assert_eq!(text(lines.end()), "");
    }

    #[test]
    fn long_lines_are_cut() {
        let mut lines = Lines::new("a", false);
        let batch = lines.push(&[b'x'; 2 * MAX_LINE + 5]);
        assert_eq!((batch.count, batch.bytes.len()), (2, 2 * (MAX_LINE + 5)));
        assert_eq!(text(lines.push(b"y\n")), "a | xxxxxy\n");
        let exact = lines.push(&[&[b'x'; MAX_LINE][..], b"\n"].concat());
        assert_eq!(exact.count, 1);
        // Byte by byte it is the same.
        let mut count = 0;
        for _ in 0..3 * MAX_LINE {
            count += lines.push(b"z").count;
        }
        assert_eq!(count + lines.end().count, 3);
    }

    #[test]
    fn the_end_of_standard_error_is_kept() {
        let mut lines = Lines::new("a", true);
        for n in 0..100_000_u32 {
            lines.push(format!("{n}\n").as_bytes());
        }
        assert_eq!(lines.kept().len(), KEPT);
        assert!(lines.kept().ends_with(b"99998\n99999\n"));
        lines.push(&[b'x'; 10 * KEPT]);
        assert_eq!(lines.kept(), [b'x'; KEPT]);
    }

    #[test]
    fn what_was_dropped_is_counted_once() {
        let mut lines = Lines::new("a", false);
        lines.drop_all(b"one\ntwo\n");
        assert!(text(lines.push(b"three\n")).contains("2 lines were dropped"));
        assert_eq!(text(lines.push(b"four\n")), "a | four\n");
    }
}
