//! What a message costs in memory: nothing for a tell, the slot of its answer for an ask; and what a task actor takes. Counted by
//! the allocator, in a program that runs as any other.
#![allow(unsafe_code, reason = "a global allocator is the only way to see every allocation")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use pulsar::prelude::*;

/// What other threads of the program may allocate meanwhile: heartbeats, the arbiter's own.
const OVERHEAD: u64 = 300;
const MESSAGES: u64 = 20_000;

/// How many task actors are made at once, what each may take when it has been asked, and what of each may be left when it has
/// ended: its heartbeat is forgotten when others have theirs.
const ACTORS: i64 = 10_000;
const ACTOR_BYTES: i64 = 3_000;
const LEFT_BYTES: i64 = 400;

struct Counting;

static COUNT: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicI64 = AtomicI64::new(0);

fn count(grown: usize, shrunk: usize) {
    let signed = |size| i64::try_from(size).unwrap_or(i64::MAX);
    BYTES.fetch_add(signed(grown) - signed(shrunk), Relaxed);
}

// SAFETY: everything is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Relaxed);
        count(layout.size(), 0);
        // SAFETY: as the caller of this method promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, layout.size());
        // SAFETY: as the caller of this method promised.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.fetch_add(1, Relaxed);
        count(size, layout.size());
        // SAFETY: as the caller of this method promised.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[actor]
struct Adder {
    #[state]
    total: u64,
}

#[actor]
impl Adder {
    #[command]
    fn add(&mut self, n: u64) -> u64 {
        self.total += n;
        self.total
    }

    #[command]
    async fn add_later(&mut self, n: u64) -> u64 {
        tokio::task::yield_now().await;
        self.total += n;
        self.total
    }
}

/// How many allocations `work` makes a message.
async fn counted(what: &str, work: impl AsyncFn() -> Result<()>) -> Result<u64> {
    // Whatever grows with use has grown.
    work().await?;
    let before = COUNT.load(Relaxed);
    work().await?;
    let count = COUNT.load(Relaxed) - before;
    println!("{what}: {count} allocations for {MESSAGES} messages");
    Ok(count)
}

async fn tells(adder: &AdderProxy) -> Result<()> {
    for _ in 0..MESSAGES {
        adder.add(1).tell().await?;
    }
    // All of them have been handled.
    adder.add(0).await?;
    Ok(())
}

async fn asks(adder: &AdderProxy) -> Result<()> {
    for _ in 0..MESSAGES {
        adder.add(1).await?;
    }
    Ok(())
}

async fn slow_asks(adder: &AdderProxy) -> Result<()> {
    for _ in 0..MESSAGES {
        adder.add_later(1).await?;
    }
    Ok(())
}

#[pulsar::test]
async fn a_tell_allocates_nothing_and_an_ask_its_slot() -> Result<()> {
    for kind in [Kind::Task, Kind::Thread] {
        let adder = Adder::new().on(kind).spawn().await?;
        let told = counted(&format!("{kind}: tell"), async || tells(&adder).await).await?;
        // A sender that has to wait for room notes its deadline: once for many messages.
        assert!(told <= OVERHEAD + MESSAGES / 50, "{told} for {MESSAGES} tells");
        let asked = counted(&format!("{kind}: ask"), async || asks(&adder).await).await?;
        assert!(asked <= MESSAGES + OVERHEAD, "{asked} for {MESSAGES} asks");
        let slow = counted(&format!("{kind}: ask of one that awaits"), async || slow_asks(&adder).await).await?;
        assert!(slow <= MESSAGES + OVERHEAD, "{slow} for {MESSAGES} asks");
        adder.stop().await?;
    }
    Ok(())
}

#[pulsar::test]
async fn a_task_actor_takes_little_and_leaves_nothing() -> Result<()> {
    let round = async || -> Result<(i64, i64)> {
        let mut adders = Vec::with_capacity(ACTORS as usize);
        let before = BYTES.load(Relaxed);
        for _ in 0..ACTORS {
            adders.push(Adder::new().on(Kind::Task).spawn().await?);
        }
        for adder in &adders {
            adder.add(1).await?;
        }
        let taken = (BYTES.load(Relaxed) - before) / ACTORS;
        for adder in adders {
            adder.stop().await?;
        }
        Ok((taken, (BYTES.load(Relaxed) - before) / ACTORS))
    };
    // The tables of what lives stay as large as they were.
    round().await?;
    let (taken, left) = round().await?;
    println!("a task actor takes {taken} bytes, and leaves {left}");
    assert!(taken <= ACTOR_BYTES, "{taken} bytes each");
    assert!(left <= LEFT_BYTES, "{left} bytes of each are left");
    Ok(())
}
