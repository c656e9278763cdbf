//! One slot, and all who may end its ask at once: there is one outcome, and everybody hears of it.

use std::future::poll_fn;

use shuttle::future::block_on;
use shuttle::thread;

use super::*;
use crate::interleavings::check;

type Answer = Slot<u64, Never>;

fn wait(slot: &Answer) -> Result<u64, AskError> {
    block_on(poll_fn(|cx| slot.poll(cx.waker())))
}

#[test]
fn an_ask_has_one_outcome() {
    check(&[], || {
        let slot = Arc::new(Answer::new());
        let set = {
            let slot = slot.clone();
            thread::spawn(move || slot.set(Ok(1)))
        };
        let complete = {
            let slot = slot.clone();
            thread::spawn(move || slot.complete(Ok(crate::message::encode(&2_u64).expect("a number"))))
        };
        let fail = {
            let slot = slot.clone();
            thread::spawn(move || slot.fail(Failure::Full))
        };
        let answer = wait(&slot);
        let ended = [set, complete, fail].map(|end| end.join().expect("it ends"));
        assert_eq!(ended.iter().filter(|&&first| first).count(), 1);
        match answer {
            Ok(1) => assert!(ended[0]),
            Ok(2) => assert!(ended[1]),
            Err(AskError::Full) => assert!(ended[2]),
            other => panic!("{other:?}"),
        }
        assert!(slot.gone());
    });
}

/// The caller gives up while the answer comes: either it finds the answer, or whoever answers finds that it has gone.
#[test]
fn giving_up_and_answering_agree() {
    check(&[], || {
        let slot = Arc::new(Answer::new());
        let handler = {
            let slot = slot.clone();
            thread::spawn(move || slot.set(Ok(1)))
        };
        let abandoned = slot.abandon();
        let answered = handler.join().expect("the handler ends");
        assert_ne!(abandoned, answered);
        match wait(&slot) {
            Ok(1) => assert!(answered),
            Err(AskError::NoReply) => assert!(abandoned),
            other => panic!("{other:?}"),
        }
    });
}

/// A handler that watches its caller is told, however many of its tasks do.
#[test]
fn all_who_watch_a_caller_hear_that_it_has_gone() {
    check(&[8_127_597_430_207_741_026], || {
        let slot = Arc::new(Answer::new());
        let caller = Caller::from(ReplyTo::Slot(slot.clone()));
        let watchers = [(); 2].map(|()| {
            let caller = caller.clone();
            thread::spawn(move || block_on(caller.gone()))
        });
        assert!(slot.abandon());
        for watcher in watchers {
            watcher.join().expect("a watcher ends");
        }
    });
}

/// A reply that is dropped unanswered ends the ask.
#[test]
fn a_reply_that_is_dropped_is_an_answer() {
    check(&[], || {
        let slot = Arc::new(Answer::new());
        let reply = Reply::to(ReplyTo::Slot(slot.clone()));
        let handler = thread::spawn(move || drop(reply));
        assert!(matches!(wait(&slot), Err(AskError::NoReply)));
        handler.join().expect("the handler ends");
    });
}
