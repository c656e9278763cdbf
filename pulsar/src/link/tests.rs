//! A connection between two children, one end of which is played by hand: what a stranger may not do, and what is left of one
//! that dies.

use std::any::Any;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::time::Duration;

use super::*;
use crate::actor::NoMessage;
use crate::concurrency::event_loop;
use crate::error::AskError;
use crate::mailbox::Mailbox;
use crate::message::{Limits, OutBuffer, decode, envelopes};
use crate::node::Node;
use crate::recorder::Recorder;

/// This process plays the child 5, and the hand plays 7.
const HERE: u32 = 5;
const THERE: u32 = 7;

/// The process that dies.
const MORTAL: u32 = 9;

/// The process to which somebody comes late.
const LATE: u32 = 11;

/// The node of this process, which all tests share.
fn install() -> &'static Node {
    let route = Route::Missing;
    Node::install(HERE, route, Box::new(Network)).or_else(node).expect("the node of this process")
}

/// The other end.
struct Hand(UnixStream);

impl Hand {
    fn connect() -> Self {
        Self::connect_as(THERE)
    }

    fn connect_as(process: u32) -> Self {
        let (ours, theirs) = UnixStream::pair().expect("a socketpair");
        theirs.set_read_timeout(Some(Duration::from_secs(10))).expect("a time-out");
        let link = Link::start(process, ours).expect("a link");
        links().insert(link);
        Self(theirs)
    }

    fn say(&mut self, header: &Header, payload: Payload<'_>) {
        let mut out = OutBuffer::new();
        out.envelope(header, payload).expect("it can be encoded");
        self.0.write_all(&out.take_frame().expect("a frame")).expect("it is written");
    }

    fn hello(&mut self, process: u32) {
        let news = News::Hello { process, build: 0 };
        self.say(&Header::new(Subject::Node, ActorId::ARBITER), &mut |out| out.put(&news));
    }

    /// What comes, until the first frame or the end of the connection.
    async fn hear(self) -> Vec<u8> {
        let mut stream = self.0;
        let reading = tokio::task::spawn_blocking(move || {
            let mut bytes = vec![0; 4096];
            let count = stream.read(&mut bytes).expect("the other end answers or leaves in time");
            bytes.truncate(count);
            bytes
        });
        reading.await.expect("the reader does not panic")
    }
}

fn ask(target: ActorId, incarnation: Incarnation) -> Header {
    let mut header = Header::new(Subject::Ask, target);
    header.incarnation = incarnation;
    header.request = 1;
    header
}

#[test]
fn a_stranger_and_a_stale_incarnation_are_refused() {
    let node = install();
    event_loop::run(event_loop::runtime().expect("a loop"), async {
        let id = node.new_id();
        let (mailbox, _receiver) = Mailbox::<NoMessage>::new(4, Recorder::default());
        let address = node.register(id, None, false, 0, None).ok().expect("no name, so none taken");
        address.set_route(Route::Local { mailbox, incarnation: 2 });

        let mut unknown = Hand::connect();
        unknown.say(&ask(id, 2), &mut |_| Ok(()));
        assert_eq!(unknown.hear().await, b"", "who has not said who it is is cut off");

        let mut stranger = Hand::connect();
        stranger.hello(THERE + 1);
        assert_eq!(stranger.hear().await, b"", "who is not whom the arbiter announced is cut off");

        let mut boots = Hand::connect();
        boots.hello(THERE);
        let news = News::Ended { process: 0, reason: ExitReason::Normal };
        boots.say(&Header::new(Subject::Node, ActorId::ARBITER), &mut |out| out.put(&news));
        assert_eq!(boots.hear().await, b"", "who speaks for the arbiter is cut off");

        let mut late = Hand::connect();
        late.hello(THERE);
        late.say(&ask(id, 1), &mut |_| Ok(()));
        let frame = late.hear().await;
        assert_eq!(frame[1] & 0x80, 0, "no mask");
        let batch = Bytes::copy_from_slice(&frame[2..]);
        let (header, payload) = envelopes(batch, &Limits::default()).unwrap().next().unwrap().unwrap();
        assert_eq!((header.subject, header.request), (Subject::Failure, 1));
        let failure: Failure = decode(&payload).unwrap();
        assert!(matches!(failure, AskError::ActorDied { started: Started::No, .. }), "{failure}");
    });
}

/// Says what becomes of an ask.
struct Heard(u64, mpsc::Sender<(u64, String)>);

impl AnySlot for Heard {
    fn fail(&self, failure: Failure) -> bool {
        self.1.send((self.0, format!("{failure:?}"))).is_ok()
    }

    fn complete(&self, answer: Result<Bytes, Bytes>) -> bool {
        self.1.send((self.0, format!("{answer:?}"))).is_ok()
    }

    fn gone(&self) -> bool {
        false
    }

    fn watch(&self, _: &Waker) -> bool {
        false
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[test]
fn what_the_dead_had_answered_comes_first() {
    install();
    event_loop::run(event_loop::runtime().expect("a loop"), async {
        let mut mortal = Hand::connect_as(MORTAL);
        let link = links().get(MORTAL).expect("a link");
        let (heard, hearing) = mpsc::channel();
        let ask = |n: u64| {
            let heading = Heading {
                subject: Subject::Ask,
                tag: 7,
                target: ActorId::new(0, 3),
                sender: ActorId::ARBITER,
                incarnation: 1,
                deadline: None,
            };
            let slot = Arc::new(Heard(n, heard.clone()));
            link.send(&heading, Some(slot), &mut |out| out.put(&n))
        };
        // Asked, and on their way: it never reads them, so that the end of its socket is a reset.
        let numbers: Vec<u64> = (0..6).map(|n| ask(n).expect("it is sent")).collect();
        link.flush();
        mortal.hello(MORTAL);
        for request in &numbers[..3] {
            let mut reply = Header::new(Subject::Reply, ActorId::ARBITER);
            reply.request = *request;
            mortal.say(&reply, &mut |out| out.put(request));
        }
        // Half of a fourth answer, and it dies.
        mortal.0.write_all(&[0x82, 40, 1, 2, 3]).expect("it is written");
        drop(mortal);
        // Into a socket that nobody reads, before the answers were.
        ask(6).expect("its end has not been heard of");
        link.flush();

        let mut outcomes = Vec::new();
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        while outcomes.len() < 7 && tokio::time::Instant::now() < deadline {
            outcomes.extend(hearing.try_iter());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        outcomes.extend(hearing.try_iter());
        let first: Vec<u64> = outcomes.iter().take(3).map(|(n, _)| *n).collect();
        assert_eq!(first, [0, 1, 2], "what was answered, in its order, before all else: {outcomes:?}");
        assert!(outcomes[..3].iter().all(|(_, outcome)| outcome.starts_with("Ok(")), "{outcomes:?}");
        let mut last: Vec<u64> = outcomes[3..].iter().map(|(n, _)| *n).collect();
        last.sort_unstable();
        assert_eq!(last, [3, 4, 5, 6], "each of the others, once: {outcomes:?}");
        assert!(outcomes[3..].iter().all(|(_, outcome)| outcome.starts_with("ActorDied")), "{outcomes:?}");
    });
}

#[test]
fn who_comes_to_read_when_all_is_over_leaves() {
    install();
    event_loop::run(event_loop::runtime().expect("a loop"), async {
        let mut hand = Hand::connect_as(LATE);
        let link = links().get(LATE).expect("a link");
        hand.hello(LATE);
        drop(hand);
        tokio::time::timeout(Duration::from_secs(10), link.closed()).await.expect("it is over");
        tokio::time::sleep(Duration::from_millis(10)).await;
        let reading = std::thread::spawn(move || {
            event_loop::run(event_loop::runtime().expect("a loop"), async move {
                (0..100).for_each(|_| link.desk.used(&Weak::new()));
                let reading = desk::read_elsewhere(link, host::loop_id());
                tokio::time::timeout(Duration::from_secs(10), reading).await.is_ok()
            })
        });
        let reading = tokio::task::spawn_blocking(move || reading.join()).await.expect("it does not panic");
        assert!(reading.expect("it does not panic"), "nobody keeps a connection that is over");
    });
}
