//! What comes from another process, beside what is sent here, in many orders.

use super::*;
use crate::interleavings::told;

/// A message from elsewhere has no part in the room for those from here, neither while it waits nor when it is taken.
#[test]
fn what_comes_from_elsewhere_makes_no_room() {
    check(&[8_127_597_430_207_741_026], || {
        let (mailbox, mut receiver) = mailbox(1);
        let peer = Arc::new(Elsewhere::default());
        assert!(mailbox.push_encoded(encoded(&peer)).is_ok());
        assert!(send(&mailbox, tell(1)));
        let sender = {
            let mailbox = mailbox.clone();
            thread::spawn(move || mailbox.push(tell(2), &mut Ticket::default(), None, &mut Left::default()).is_ok())
        };
        let mut slot = None;
        assert!(receiver.poll_next(Waker::noop(), &mut slot));
        assert!(matches!(slot, Some(Item { body: Body::Encoded(_), .. })));
        assert!(!sender.join().expect("the sender ends"), "two messages where there is room for one");
    });
}

/// What came together is counted one by one: what is taken of it, what is lost of it, and what it leaves for those from here.
#[test]
fn what_was_told_together_counts_one_by_one() {
    check(&[], || {
        let (mailbox, mut receiver) = mailbox(2);
        let peer = Arc::new(Elsewhere::default());
        assert!(matches!(mailbox.push_tells(told(&peer, 3)), Err(Refused::Full(_))), "more than its window");
        let reader = {
            let (mailbox, peer) = (mailbox.clone(), peer.clone());
            thread::spawn(move || assert!(mailbox.push_tells(told(&peer, 2)).is_ok()))
        };
        assert!(send(&mailbox, tell(1)) && send(&mailbox, tell(2)));
        let sender = {
            let mailbox = mailbox.clone();
            let push = move || mailbox.push(tell(3), &mut Ticket::default(), None, &mut Left::default()).is_ok();
            thread::spawn(push)
        };
        let mut from_elsewhere = 0;
        for _ in 0..2 {
            let Found::Message(item) = block_on(next(&mut receiver)) else { panic!("nobody calls") };
            if matches!(item.body, Body::Told) {
                assert!(
                    receiver
                        .next_told(|origin, _, _, payload| assert!(origin.process == 7 && payload.is_empty()))
                        .is_some()
                );
                from_elsewhere += 1;
            }
        }
        reader.join().expect("the reader ends");
        let third = u64::from(sender.join().expect("the sender ends"));
        assert_eq!(mailbox.depth(), 2 + third);
        assert!(third == 0 || from_elsewhere < 2, "three from here where there is room for two");
        let taken_together = from_elsewhere > 0;
        // Whose turn has come is not in the window any more.
        assert_eq!(mailbox.push_tells(told(&peer, 2)).is_ok(), taken_together);
        let lost = 2 + third + if taken_together { 2 } else { 0 };
        assert_eq!(receiver.close(&ExitReason::Shutdown), lost);
        assert!(matches!(mailbox.push_tells(told(&peer, 1)), Err(Refused::Closed(_))));
    });
}
