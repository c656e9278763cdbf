//! Threads, loops and cores: what the systems run on. Knows no system.

use std::future::Future;

use tokio::sync::oneshot;

/// Pins this thread, and those that it starts, to a core.
pub fn pin(core: Option<usize>) {
    let Some(core) = core else { return };
    let mut set = rustix::thread::CpuSet::new();
    set.set(core);
    if let Err(error) = rustix::thread::sched_setaffinity(None, &set) {
        eprintln!("not pinned to core {core}: {error}");
    }
}

/// Runs it on a current-thread loop of this thread.
pub fn on_loop<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a loop can be made").block_on(work)
}

/// A thread with a loop of its own, which runs until this is dropped.
pub struct Hosted<T> {
    pub value: T,
    _end: oneshot::Sender<()>,
}

/// What a thread that holds actors does first: `start` them, and hands over how they are reached.
pub fn hosted<T, F>(core: Option<usize>, start: impl FnOnce() -> F + Send + 'static) -> Hosted<T>
where
    T: Send + 'static,
    F: Future<Output = T>,
{
    let (started, value) = std::sync::mpsc::channel();
    let (end, ended) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        pin(core);
        on_loop(async {
            let _ = started.send(start().await);
            let _ = ended.await;
        });
    });
    Hosted { value: value.recv().expect("the other loop starts"), _end: end }
}
