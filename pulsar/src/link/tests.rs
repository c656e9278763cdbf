//! A connection between two children, one end of which is played by hand: what a stranger may not do.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::*;
use crate::actor::NoMessage;
use crate::concurrency::event_loop;
use crate::error::AskError;
use crate::mailbox::Mailbox;
use crate::message::{Limits, OutBuffer, decode, envelopes};
use crate::node::Node;

/// This process plays the child 5, and the hand plays 7.
const HERE: u32 = 5;
const THERE: u32 = 7;

/// The other end.
struct Hand(UnixStream);

impl Hand {
    fn connect() -> Self {
        let (ours, theirs) = UnixStream::pair().expect("a socketpair");
        theirs.set_read_timeout(Some(Duration::from_secs(10))).expect("a time-out");
        let link = Link::start(THERE, ours).expect("a link");
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
    let route = Route::Missing;
    let node = Node::install(HERE, route, Box::new(Network)).expect("the first node of this process");
    event_loop::run(event_loop::runtime().expect("a loop"), async {
        let id = node.new_id();
        let (mailbox, _receiver) = Mailbox::<NoMessage>::new(4);
        let address = node.register(id, None, 0).ok().expect("no name, so none taken");
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
