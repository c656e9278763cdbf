//! The arbiter's log, and what the actors print: through a bounded queue to a thread of its own, for the subscriber is the
//! user's code, and whoever reads the master's output may be slow.
//!
//! Knows nothing of actors: where the lines come from is the affair of `output`.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tracing::Level;

use crate::crash::CrashReport;
use crate::events::TreeEvent;
use crate::plural::count;
use crate::report;
use crate::sync::{Condvar, Mutex, lock};

/// How many events may wait for the subscriber.
const EVENTS: usize = 1024;

/// How many bytes of the actors' output may wait before nobody's is read any more.
const OUTPUT: usize = 1 << 20;

/// How many may wait when what dead processes left behind comes on top.
const MOST_OUTPUT: usize = 4 << 20;

/// How long nothing may be taken before output is dropped.
const STALLED: Duration = Duration::from_secs(5);

/// How long the end of the program waits for a sink that takes nothing, and for one that is slow.
const LAST: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(2));

/// One thing to write.
enum Item {
    Event(Level, String),
    Tree(Box<TreeEvent>),
    Crash(Arc<CrashReport>),
    Lines { stream: Stream, bytes: Vec<u8> },
}

/// Which of the two standard streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Out,
    Err,
}

/// Where the arbiter writes.
pub(crate) struct Log {
    sink: Sink,
    thread: Option<JoinHandle<()>>,
    /// The thread may not know that there is something to write.
    asleep: bool,
}

/// The queue, as those see it who pass output on.
#[derive(Clone)]
pub(super) struct Sink(Arc<Shared>);

struct Shared {
    queue: Mutex<Queue>,
    filled: Condvar,
    room: Notify,
}

struct Queue {
    items: VecDeque<Item>,
    events: usize,
    /// How many found it full since one was last taken in.
    lost: u64,
    bytes: usize,
    /// When something was last taken out, or first put in.
    progress: Instant,
    over: bool,
}

impl Log {
    pub(crate) fn start() -> Self {
        let (items, progress) = (VecDeque::new(), Instant::now());
        let queue = Queue { items, events: 0, lost: 0, bytes: 0, progress, over: false };
        let shared = Shared { queue: Mutex::new(queue), filled: Condvar::new(), room: Notify::new() };
        let sink = Sink(Arc::new(shared));
        let (writer, noted) = (sink.clone(), sink.clone());
        // What the links have to say comes up on the arbiter's loop, too.
        report::say_elsewhere(move |level, text| {
            noted.event(Item::Event(level, text));
            noted.0.filled.notify_one();
        });
        let thread = Builder::new().name("pulsar-log".into()).spawn(move || writer.write_all());
        Self { sink, thread: thread.ok(), asleep: false }
    }

    pub(super) fn sink(&self) -> Sink {
        self.sink.clone()
    }

    /// Writes without waiting. What finds the queue full is counted, and the count is written next.
    pub(crate) fn say(&mut self, level: Level, text: String) {
        if report::is_heard(level) {
            self.put(Item::Event(level, text));
        }
    }

    /// The same for what has happened in the tree.
    pub(super) fn event(&mut self, event: TreeEvent) {
        if report::is_heard(event.change.level()) {
            self.put(Item::Tree(Box::new(event)));
        }
    }

    /// The same for a crash report.
    pub(super) fn crash(&mut self, report: Arc<CrashReport>) {
        self.put(Item::Crash(report));
    }

    fn put(&mut self, item: Item) {
        self.sink.event(item);
        self.asleep = true;
    }

    /// Wakes the thread, if there is something to write. Once a turn of the arbiter: waking somebody takes longer than most of what it does.
    pub(super) fn wake(&mut self) {
        if std::mem::take(&mut self.asleep) {
            self.sink.0.filled.notify_one();
        }
    }
}

impl Sink {
    fn event(&self, item: Item) {
        let mut queue = lock(&self.0.queue);
        if queue.events >= EVENTS {
            queue.lost += 1;
            return;
        }
        if queue.lost > 0 {
            let text = format!("{} lost: the subscriber is too slow", count(std::mem::take(&mut queue.lost), "event"));
            queue.events += 1;
            queue.push(Item::Event(Level::WARN, text));
        }
        queue.events += 1;
        queue.push(item);
    }

    /// Passes lines on; false if even what may come on top finds no room.
    pub(super) fn lines(&self, stream: Stream, bytes: Vec<u8>) -> bool {
        let mut queue = lock(&self.0.queue);
        if queue.bytes >= MOST_OUTPUT {
            return false;
        }
        queue.bytes += bytes.len();
        queue.push(Item::Lines { stream, bytes });
        self.0.filled.notify_one();
        true
    }

    /// Waits until there is room for more output. False if nothing was taken for too long: what comes now is to be dropped.
    pub(super) async fn room(&self) -> bool {
        loop {
            let room = self.0.room.notified();
            let until = {
                let queue = lock(&self.0.queue);
                if queue.bytes < OUTPUT {
                    return true;
                }
                queue.progress + STALLED
            };
            if Instant::now() >= until {
                return false;
            }
            let _ = tokio::time::timeout_at(until.into(), room).await;
        }
    }

    /// The life of the thread that writes.
    fn write_all(&self) {
        let mut queue = lock(&self.0.queue);
        loop {
            let Some(item) = queue.items.pop_front() else {
                if queue.over {
                    return;
                }
                queue = self.0.filled.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            drop(queue);
            let bytes = match item {
                Item::Event(level, text) => {
                    report::say(level, &text);
                    None
                }
                Item::Tree(event) => {
                    report::tree(&event);
                    None
                }
                Item::Crash(crash) => {
                    report::crash(&crash);
                    None
                }
                Item::Lines { stream, bytes } => {
                    write(stream, &bytes);
                    Some(bytes.len())
                }
            };
            queue = lock(&self.0.queue);
            queue.progress = Instant::now();
            match bytes {
                Some(bytes) => queue.bytes -= bytes,
                None => queue.events -= 1,
            }
            self.0.room.notify_waiters();
        }
    }
}

impl Queue {
    fn push(&mut self, item: Item) {
        if self.items.is_empty() {
            self.progress = Instant::now();
        }
        self.items.push_back(item);
    }
}

/// Through the same locks as everybody's, so that no line lands within another. A reader that is gone wants nothing.
fn write(stream: Stream, bytes: &[u8]) {
    let _turn = report::turn();
    let _ = match stream {
        Stream::Out => {
            let mut out = std::io::stdout().lock();
            out.write_all(bytes).and_then(|()| out.flush())
        }
        Stream::Err => std::io::stderr().lock().write_all(bytes),
    };
}

impl Drop for Log {
    /// Writes what is left, unless the subscriber or the reader hangs.
    fn drop(&mut self) {
        let began = Instant::now();
        lock(&self.sink.0.queue).over = true;
        self.sink.0.filled.notify_one();
        let Some(thread) = self.thread.take() else { return };
        while !thread.is_finished() {
            let still = lock(&self.sink.0.queue).progress.max(began).elapsed();
            if still >= LAST.0 || began.elapsed() >= LAST.1 {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
