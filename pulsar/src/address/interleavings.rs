//! Those who wait for a route, or for a place in a window, in many orders: nobody is left behind.

use std::future::poll_fn;
use std::task::Poll;

use shuttle::future::block_on;
use shuttle::thread;

use super::*;
use crate::interleavings::{Elsewhere, check};
use crate::mailbox::{Mailbox, Ticket};
use crate::recorder::Recorder;

fn at(incarnation: Incarnation) -> Route {
    let (mailbox, _) = Mailbox::<u64>::new(1, Recorder::default());
    Route::Local { mailbox, incarnation }
}

/// Waits for a route that can be sent on, and not to the incarnation that refused.
fn reach(address: &Address, refused: Incarnation) -> Incarnation {
    block_on(poll_fn(|cx| {
        loop {
            match address.route_or_wait(Some(cx.waker())) {
                Route::Local { incarnation, .. } | Route::Remote { incarnation, .. } if incarnation > refused => {
                    return Poll::Ready(incarnation);
                }
                Route::Local { incarnation, .. } if !address.wait_beyond(incarnation, Some(cx.waker())) => {}
                Route::Gone(_) => return Poll::Ready(0),
                _ => return Poll::Pending,
            }
        }
    }))
}

#[test]
fn whoever_waits_for_a_route_gets_it() {
    check(&[], || {
        let address = Address::new(ActorId::new(0, 1), None, Route::Wait);
        let senders = [(); 3].map(|()| {
            let address = address.clone();
            thread::spawn(move || reach(&address, 1))
        });
        address.set_route(at(1));
        let ender = {
            let address = address.clone();
            thread::spawn(move || address.lose(1))
        };
        assert!(ender.join().expect("the incarnation ends"));
        assert!(!address.lose(1), "it is lost once");
        address.set_route(at(2));
        for sender in senders {
            assert_eq!(sender.join().expect("a sender ends"), 2);
        }
    });
}

#[test]
fn whoever_waits_hears_that_it_is_gone_for_good() {
    check(&[], || {
        let address = Address::new(ActorId::new(0, 1), None, at(1));
        let senders = [(); 2].map(|()| {
            let address = address.clone();
            thread::spawn(move || reach(&address, 1))
        });
        let ender = {
            let address = address.clone();
            thread::spawn(move || {
                address.lose(1);
                address.set_route(Route::Gone(ExitReason::Shutdown));
            })
        };
        ender.join().expect("it ends");
        for sender in senders {
            assert_eq!(sender.join().expect("a sender ends"), 0);
        }
    });
}

/// One asks where it is; the others wait for what it learns.
#[test]
fn an_unknown_place_is_asked_after_once() {
    check(&[], || {
        let address = Address::new(ActorId::new(0, 1), None, Route::Unknown);
        let senders = [(); 3].map(|()| {
            let address = address.clone();
            thread::spawn(move || {
                let mut asked = 0;
                block_on(poll_fn(|cx| match address.route_or_wait(Some(cx.waker())) {
                    Route::Unknown => {
                        asked += 1;
                        let address = address.clone();
                        thread::spawn(move || address.set_route(at(1)));
                        Poll::Pending
                    }
                    Route::Wait => Poll::Pending,
                    _ => Poll::Ready(()),
                }));
                asked
            })
        });
        let asked: u32 = senders.into_iter().map(|sender| sender.join().expect("a sender ends")).sum();
        assert_eq!(asked, 1);
    });
}

/// A sender's way through a window. True if it was let in.
fn enter(window: &Window) -> bool {
    let mut ticket = Ticket::default();
    block_on(poll_fn(|cx| match window.enter(&mut ticket, Some(cx.waker())) {
        Entry::Open => Poll::Ready(true),
        Entry::Full => Poll::Pending,
        Entry::Closed => Poll::Ready(false),
    }))
}

#[test]
fn a_window_lets_in_as_many_as_have_room() {
    check(&[], || {
        let window = Window::new(1);
        let inside = Arc::new(Mutex::new(0_u32));
        let senders = [(); 3].map(|()| {
            let (window, inside) = (window.clone(), inside.clone());
            thread::spawn(move || {
                assert!(enter(&window));
                {
                    let mut inside = lock(&inside);
                    *inside += 1;
                    assert_eq!(*inside, 1, "more messages on their way than have room");
                }
                // The other side takes it.
                *lock(&inside) -= 1;
                assert!(window.credit(1));
            })
        });
        for sender in senders {
            sender.join().expect("a sender ends");
        }
        assert!(!window.credit(1), "nothing is on its way");
    });
}

#[test]
fn a_window_that_closes_wakes_all_who_wait() {
    check(&[], || {
        let window = Window::new(1);
        let senders = [(); 2].map(|()| {
            let window = window.clone();
            thread::spawn(move || u64::from(enter(&window)))
        });
        let reader = {
            let window = window.clone();
            thread::spawn(move || u64::from(window.credit(1)))
        };
        window.close();
        let entered: u64 = senders.into_iter().map(|sender| sender.join().expect("a sender ends")).sum();
        let credited = reader.join().expect("the reader ends");
        assert!(entered <= 1 + credited);
        assert!(!enter(&window));
    });
}

/// A place that was promised to one who gives up goes to the next.
#[test]
fn a_window_passes_over_who_gives_up() {
    check(&[], || {
        let window = Window::new(1);
        assert!(enter(&window));
        let fickle = {
            let window = window.clone();
            thread::spawn(move || {
                let mut ticket = Ticket::default();
                let entered = block_on(poll_fn(|cx| {
                    Poll::Ready(matches!(window.enter(&mut ticket, Some(cx.waker())), Entry::Open))
                }));
                window.forget(&mut ticket);
                if entered {
                    assert!(window.credit(1));
                }
            })
        };
        let steady = {
            let window = window.clone();
            thread::spawn(move || assert!(enter(&window)))
        };
        assert!(window.credit(1));
        fickle.join().expect("the fickle one ends");
        steady.join().expect("the steady one ends");
    });
}

/// Whoever is told where an actor is while that changes is told of the change, or sees it.
#[test]
fn a_subscriber_misses_no_change() {
    check(&[], || {
        let address = Address::new(ActorId::new(0, 1), None, at(1));
        let told = Arc::new(Mutex::new(Vec::new()));
        let keeper = {
            let (address, told) = (address.clone(), told.clone());
            thread::spawn(move || {
                address.lose(1);
                for process in address.subscribers() {
                    lock(&told).push(process);
                }
            })
        };
        // As an answer to a question is made: noted first, told then.
        address.subscribe(7);
        let place = address.place(0);
        keeper.join().expect("the keeper ends");
        assert!(matches!(place, Place::Wait) || *lock(&told) == [7]);
    });
}

/// The count of what one process is known to have before it survives whatever happens to the route.
#[test]
fn asks_of_a_member_are_counted_off() {
    check(&[], || {
        let window = Window::new(4);
        let route = Route::Remote { peer: Arc::new(Elsewhere::default()), incarnation: 1, window: window.clone() };
        let address = Address::new(ActorId::new(0, 1), None, route);
        let askers = [(); 2].map(|()| {
            let (address, window) = (address.clone(), window.clone());
            thread::spawn(move || {
                assert!(enter(&window));
                let load = address.count_ask();
                assert!(address.load() >= 1);
                assert!(window.credit(1));
                drop(load);
            })
        });
        for asker in askers {
            asker.join().expect("an asker ends");
        }
        assert_eq!(address.load(), 0);
    });
}
