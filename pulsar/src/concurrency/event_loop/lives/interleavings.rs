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

#[test]
fn none_sleeps_on() {
    check(&[], || {
        let lives = Rc::new(Lives::default());
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
        block_on(poll_fn(|cx| {
            lives.poll(cx, || false);
            if over.get() == 2 { Poll::Ready(()) } else { Poll::Pending }
        }));
        for striker in strikers {
            striker.join().expect("a thread ends");
        }
    });
}
