//! Senders, a receiver, and whoever ends it, in many orders: nothing lost, nothing twice, and nobody left asleep.

mod elsewhere;

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use shuttle::future::block_on;
use shuttle::thread;

use super::*;
use crate::error::{AskError, Never};
use crate::interleavings::{Elsewhere, ask, check, encoded, tell};
use crate::reply::{Reply, Slot};

type Numbers = Mailbox<u64>;

fn mailbox(capacity: u32) -> (Arc<Numbers>, Receiver<u64>) {
    Mailbox::new(capacity, Recorder::default())
}

/// A sender that waits for room. True if its message was accepted.
struct Sending<'a> {
    mailbox: &'a Numbers,
    item: Option<Item<u64>>,
    ticket: Ticket,
}

impl<'a> Sending<'a> {
    fn new(mailbox: &'a Numbers, item: Item<u64>) -> Self {
        Self { mailbox, item: Some(item), ticket: Ticket::default() }
    }
}

impl Future for Sending<'_> {
    type Output = bool;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let this = self.get_mut();
        let Some(item) = this.item.take() else { return Poll::Ready(false) };
        match this.mailbox.push(item, &mut this.ticket, Some(cx.waker()), &mut Left::default()) {
            Ok(()) => Poll::Ready(true),
            Err(Refused::Full(item)) => {
                this.item = Some(item);
                Poll::Pending
            }
            Err(Refused::Closed(item)) => {
                item.into_reply().into_to();
                Poll::Ready(false)
            }
        }
    }
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        self.mailbox.forget_ticket(&mut self.ticket);
    }
}

fn send(mailbox: &Numbers, item: Item<u64>) -> bool {
    block_on(Sending::new(mailbox, item))
}

/// What a receiver finds.
enum Found {
    Message(Item<u64>),
    Control,
}

/// The runner's way of waiting.
async fn next(receiver: &mut Receiver<u64>) -> Found {
    let mut slot = None;
    poll_fn(|cx| {
        if receiver.next_control(None).is_some() {
            return Poll::Ready(Found::Control);
        }
        if receiver.poll_next(cx.waker(), &mut slot)
            && let Some(item) = slot.take()
        {
            return Poll::Ready(Found::Message(item));
        }
        Poll::Pending
    })
    .await
}

/// The way in which a running handler waits beside its control lane.
async fn control(receiver: &mut Receiver<u64>) -> ControlItem {
    poll_fn(|cx| match receiver.next_control(Some(cx.waker())) {
        Some(item) => Poll::Ready(item),
        None => Poll::Pending,
    })
    .await
}

fn number(item: &Item<u64>) -> Option<u64> {
    match item.body {
        Body::Typed(number) => Some(number),
        Body::Open(_) | Body::Encoded(_) | Body::Tells(_) | Body::Told => None,
    }
}

fn ping() -> ControlItem {
    ControlItem { verb: Verb::Ping, reply: Reply::none(), process: None }
}

fn nothing_is_lost(capacity: u32) {
    let (mailbox, mut receiver) = mailbox(capacity);
    let senders: Vec<_> = [10, 20, 30]
        .into_iter()
        .map(|base| {
            let mailbox = mailbox.clone();
            thread::spawn(move || {
                for number in base..base + 2 {
                    assert!(send(&mailbox, tell(number)));
                    assert!(mailbox.depth() <= u64::from(capacity));
                }
            })
        })
        .collect();
    let mut received = Vec::new();
    while received.len() < 6 {
        if let Found::Message(item) = block_on(next(&mut receiver)) {
            received.extend(number(&item));
        }
    }
    for sender in senders {
        sender.join().expect("a sender ends");
    }
    for base in [10, 20, 30] {
        let of_one: Vec<_> = received.iter().copied().filter(|number| number / 10 == base / 10).collect();
        assert_eq!(of_one, [base, base + 1]);
    }
    assert_eq!(mailbox.depth(), 0);
    assert_eq!(lock(&mailbox.inner).gate.waiting(), 0);
}

#[test]
fn nothing_is_lost_with_room_for_one() {
    check(&[], || nothing_is_lost(1));
}

#[test]
fn nothing_is_lost_with_room_for_two() {
    check(&[], || nothing_is_lost(2));
}

/// The arbiter closes it from another thread, the receiver when it comes back.
#[test]
fn a_mailbox_that_closes_leaves_nobody_behind() {
    check(&[], || {
        let (mailbox, mut receiver) = mailbox(1);
        let tells: Vec<_> = (0..2)
            .map(|number| {
                let mailbox = mailbox.clone();
                thread::spawn(move || u64::from(send(&mailbox, tell(number))))
            })
            .collect();
        let asker = {
            let mailbox = mailbox.clone();
            thread::spawn(move || {
                let slot = Arc::new(Slot::<u64, Never>::new());
                let accepted = send(&mailbox, ask(7, slot.clone()));
                accepted.then(|| block_on(poll_fn(|cx| slot.poll(cx.waker()))))
            })
        };
        let closer = {
            let mailbox = mailbox.clone();
            thread::spawn(move || mailbox.close(&ExitReason::Shutdown))
        };
        let (mut received, mut answered) = (0, false);
        // It may be closed before anything comes.
        if mailbox.depth() > 0
            && let mut slot = None
            && receiver.poll_next(Waker::noop(), &mut slot)
            && let Some(item) = slot
        {
            if matches!(item.whence, Whence::Told(_)) {
                received += 1;
            } else {
                item.into_reply().value(70_u64);
                answered = true;
            }
        }
        let lost = receiver.close(&ExitReason::Shutdown) + closer.join().expect("it closes");
        let accepted: u64 = tells.into_iter().map(|sender| sender.join().expect("a sender ends")).sum();
        assert_eq!(accepted, received + lost);
        match asker.join().expect("the asker ends") {
            None => assert!(!answered),
            Some(Ok(value)) => assert!(answered && value == 70),
            Some(Err(AskError::ActorDied { started, .. })) => assert!(!answered && started == Started::No),
            Some(Err(other)) => panic!("{other}"),
        }
    });
}

/// Senders wait for room, the handler is at it, and is told to end.
#[test]
fn a_busy_handler_hears_of_its_end_and_so_do_those_who_wait() {
    check(&[], || {
        let (mailbox, mut receiver) = mailbox(1);
        assert!(send(&mailbox, tell(0)));
        let senders: Vec<_> = (1..3)
            .map(|number| {
                let mailbox = mailbox.clone();
                thread::spawn(move || u64::from(send(&mailbox, tell(number))))
            })
            .collect();
        let stopper = {
            let mailbox = mailbox.clone();
            thread::spawn(move || mailbox.push_control(ping()).is_ok())
        };
        let mut slot = None;
        assert!(receiver.poll_next(Waker::noop(), &mut slot), "the first was there");
        let item = block_on(control(&mut receiver));
        assert!(matches!(item.verb, Verb::Ping));
        assert!(stopper.join().expect("the stopper ends"), "it was open");
        let lost = receiver.close(&ExitReason::Shutdown);
        assert!(mailbox.push_control(ping()).is_err(), "a mailbox that is closed gives commands back");
        let accepted: u64 = senders.into_iter().map(|sender| sender.join().expect("a sender ends")).sum();
        assert_eq!(lost, accepted);
    });
}

/// A command wakes a receiver that rests, and no wake-up of one for a message swallows it.
#[test]
fn a_resting_receiver_finds_messages_and_commands() {
    check(&[], || {
        let (mailbox, mut receiver) = mailbox(2);
        let sender = {
            let mailbox = mailbox.clone();
            thread::spawn(move || assert!(send(&mailbox, tell(1))))
        };
        let commander = {
            let mailbox = mailbox.clone();
            thread::spawn(move || assert!(mailbox.push_control(ping()).is_ok()))
        };
        let (mut messages, mut commands) = (0, 0);
        while messages + commands < 2 {
            match block_on(next(&mut receiver)) {
                Found::Message(_) => messages += 1,
                Found::Control => commands += 1,
            }
        }
        assert_eq!((messages, commands), (1, 1));
        sender.join().expect("the sender ends");
        commander.join().expect("the commander ends");
    });
}

/// What was accepted before the seal is handled, and so is all that other processes had sent; nothing else comes in.
#[test]
fn a_seal_loses_nothing() {
    check(&[], || {
        let (mailbox, mut receiver) = mailbox(1);
        let senders: Vec<_> = (0..2)
            .map(|number| {
                let mailbox = mailbox.clone();
                thread::spawn(move || u64::from(send(&mailbox, tell(number))))
            })
            .collect();
        let reader = {
            let (mailbox, peer) = (mailbox.clone(), Arc::new(Elsewhere::default()));
            thread::spawn(move || u64::from(mailbox.push_encoded(encoded(&peer)).is_ok()))
        };
        let sealer = {
            let mailbox = mailbox.clone();
            thread::spawn(move || mailbox.seal())
        };
        let mut received = 0;
        let mut slot = None;
        if receiver.poll_next(Waker::noop(), &mut slot) {
            received += 1;
        }
        sealer.join().expect("it is sealed");
        let accepted: u64 = senders.into_iter().map(|sender| sender.join().expect("a sender ends")).sum();
        let read = reader.join().expect("the reader ends");
        assert_eq!(read, 1, "a seal is for this process only");
        while receiver.poll_next(Waker::noop(), &mut slot) {
            received += 1;
        }
        assert_eq!(received, accepted + read);
        assert!(!send(&mailbox, tell(9)));
    });
}

/// Whoever gives up while it waits, or just as it was promised a place, stands in nobody's way.
#[test]
fn whoever_gives_up_is_passed_over() {
    check(&[], || {
        let (mailbox, mut receiver) = mailbox(1);
        assert!(send(&mailbox, tell(0)));
        let fickle = {
            let mailbox = mailbox.clone();
            thread::spawn(move || {
                let mut sending = Sending::new(&mailbox, tell(1));
                let mut polls = 0;
                block_on(poll_fn(|cx| {
                    polls += 1;
                    match Pin::new(&mut sending).poll(cx) {
                        Poll::Ready(accepted) => Poll::Ready(u64::from(accepted)),
                        Poll::Pending if polls > 1 => Poll::Ready(0),
                        Poll::Pending => {
                            cx.waker().wake_by_ref();
                            Poll::Pending
                        }
                    }
                }))
            })
        };
        let steady = {
            let mailbox = mailbox.clone();
            thread::spawn(move || assert!(send(&mailbox, tell(2))))
        };
        let mut received = 0;
        for _ in 0..2 {
            block_on(next(&mut receiver));
            received += 1;
        }
        let accepted = fickle.join().expect("the fickle one ends");
        // The steady one waits for room that only the receiver can give.
        while received < 2 + accepted {
            block_on(next(&mut receiver));
            received += 1;
        }
        steady.join().expect("the steady one ends");
        assert_eq!(mailbox.depth(), 0);
    });
}

/// An ask that was given up in the queue makes room, which goes to whoever has waited longest.
#[test]
fn what_was_given_up_makes_room_for_who_waits() {
    check(&[2_075_056_981_415_000_370], || {
        let (mailbox, mut receiver) = mailbox(1);
        let slot = Arc::new(Slot::<u64, Never>::new());
        assert!(send(&mailbox, ask(0, slot.clone())));
        let first = {
            let mailbox = mailbox.clone();
            thread::spawn(move || assert!(send(&mailbox, tell(1))))
        };
        let caller = thread::spawn(move || slot.abandon());
        assert!(caller.join().expect("the caller ends"));
        // The receiver is busy: it is this sender that finds what was given up.
        if mailbox.push(tell(2), &mut Ticket::default(), None, &mut Left::default()).is_ok() {
            block_on(next(&mut receiver));
            // Whoever came to wait just then gets its place once the handler waits.
            assert!(receiver.next_control(Some(Waker::noop())).is_none());
        }
        first.join().expect("the first who waited ends");
        assert_eq!(mailbox.depth(), 1);
    });
}
