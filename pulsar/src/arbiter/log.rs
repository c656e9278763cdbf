//! The arbiter's log: through a bounded queue to a thread of its own, for the subscriber is the user's code.

use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::{Builder, JoinHandle};

use tracing::Level;

use crate::report;

/// How many events may wait for the subscriber.
const QUEUE: usize = 1024;

/// Where the arbiter writes.
pub(crate) struct Log {
    queue: Option<SyncSender<(Level, String)>>,
    thread: Option<JoinHandle<()>>,
    lost: u64,
}

impl Log {
    pub(crate) fn start() -> Self {
        let (queue, events) = sync_channel::<(Level, String)>(QUEUE);
        let thread = Builder::new().name("pulsar-log".into()).spawn(move || {
            for (level, text) in events {
                report::say(level, &text);
            }
        });
        Self { queue: Some(queue), thread: thread.ok(), lost: 0 }
    }

    /// Writes without waiting. What finds the queue full is counted, and the count is written next.
    pub(crate) fn say(&mut self, level: Level, text: String) {
        let Some(queue) = &self.queue else { return };
        if self.lost > 0 {
            let text = format!("{} events were lost: the subscriber is too slow", self.lost);
            if queue.try_send((Level::WARN, text)).is_ok() {
                self.lost = 0;
            }
        }
        if let Err(TrySendError::Full(_)) = queue.try_send((level, text)) {
            self.lost += 1;
        }
    }
}

impl Drop for Log {
    /// Writes what is left, unless the subscriber hangs.
    fn drop(&mut self) {
        self.queue = None;
        let Some(thread) = self.thread.take() else { return };
        let deadline = std::time::Instant::now() + std::time::Duration::from_millis(500);
        while !thread.is_finished() && std::time::Instant::now() < deadline {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
}
