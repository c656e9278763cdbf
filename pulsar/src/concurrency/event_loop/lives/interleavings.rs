//! Other threads wake the lives of a loop, in many orders: none sleeps on.
//!
//! The list of the loop's own thread is not installed: all threads of such a test are one.

use std::future::poll_fn;
use std::task::Poll;

use shuttle::future::block_on;
use shuttle::thread;

use super::*;
use crate::interleavings::check;
use crate::sync::atomic::AtomicUsize;

/// Something that lives wait for.
#[derive(Default)]
struct Gong {
    strokes: AtomicUsize,
    waker: Mutex<Option<Waker>>,
}

impl Gong {
    fn strike(&self) {
        self.strokes.fetch_add(1, Ordering::SeqCst);
        let waker = lock(&self.waker).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    async fn struck(&self, times: usize) {
        poll_fn(|cx| {
            *lock(&self.waker) = Some(cx.waker().clone());
            if self.strokes.load(Ordering::SeqCst) >= times { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

/// Two threads each strike two gongs, which two lives wait for. Before the loop sleeps it looks so often whether one was rung, and lets
/// others go on between. So many other lives have places before those two.
fn strike(looks: usize, before: usize) {
    let lives = Rc::new(Lives::default());
    (0..before).for_each(|_| lives.begin(std::future::pending()));
    let over = Rc::new(Cell::new(0));
    let gongs = [Arc::new(Gong::default()), Arc::new(Gong::default())];
    for gong in gongs.clone() {
        let over = over.clone();
        lives.begin(async move {
            gong.struck(2).await;
            over.set(over.get() + 1);
        });
    }
    let strikers: Vec<_> = (0..2)
        .map(|_| {
            let gongs = gongs.clone();
            thread::spawn(move || gongs.iter().for_each(|gong| gong.strike()))
        })
        .collect();
    let mut looked = 0;
    block_on(poll_fn(|cx| {
        loop {
            if lives.are_called() {
                looked = 0;
            }
            lives.poll(cx, || false);
            if over.get() == 2 {
                return Poll::Ready(());
            }
            while looked < looks && !lives.is_rung() {
                looked += 1;
                // As one that yields to the rest of its loop.
                if looked % 2 == 0 {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                thread::yield_now();
            }
            if !lives.is_rung() && lives.sleep() {
                return Poll::Pending;
            }
        }
    }));
    for striker in strikers {
        striker.join().expect("a thread ends");
    }
}

#[test]
fn none_sleeps_on() {
    check(&[], || strike(0, 0));
}

#[test]
fn none_sleeps_on_where_the_loop_waits_awake_first() {
    check(&[], || strike(4, 0));
}

#[test]
fn none_sleeps_on_whose_place_has_no_bit() {
    check(&[], || strike(2, BITS - 1));
    check(&[], || strike(0, BITS));
}

#[test]
fn who_rings_a_loop_that_looks_need_not_wake_it() {
    check(&[], || {
        let lives = Rc::new(Lives::default());
        let gong = Arc::new(Gong::default());
        let over = Rc::new(Cell::new(false));
        let (struck, seen) = (gong.clone(), over.clone());
        lives.begin(async move {
            struck.struck(1).await;
            seen.set(true);
        });
        let striker = thread::spawn(move || gong.strike());
        // Whoever wakes this one ends the test.
        struct Never;
        impl Wake for Never {
            fn wake(self: Arc<Self>) {
                panic!("a loop that looks was woken");
            }
        }
        let waker = Waker::from(Arc::new(Never));
        while !over.get() {
            lives.poll(&Context::from_waker(&waker), || false);
            thread::yield_now();
        }
        striker.join().expect("a thread ends");
    });
}
