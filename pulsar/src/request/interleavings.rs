//! Deliveries while the actor is restarted, sealed, moved or gone, in many orders: each arrives once, is counted as lost, or fails.

use std::future::poll_fn;
use std::sync::Weak;

use shuttle::future::block_on;
use shuttle::thread;

use super::*;
use crate::actor::{Context, Message, Options, Routing, Specified};
use crate::address::{Route, Window};
use crate::command::Descriptor;
use crate::error::{Error, Never};
use crate::exit::ExitReason;
use crate::id::{ActorId, Incarnation};
use crate::interleavings::{Elsewhere, check};
use crate::mailbox::{AnyMailbox, Mailbox, Receiver};
use crate::members::Members;
use crate::message::{DecodeError, Decoder, EncodeError, Encoder, Tag};
use crate::recorder::Recorder;
use crate::reply::Reply;

struct Tally;

/// Sent on by nobody; one that is dropped may send another, as a user's value may.
#[derive(Default)]
struct Count(Option<Weak<Proxy<Tally>>>);

impl Drop for Count {
    fn drop(&mut self) {
        if let Some(proxy) = self.0.take().and_then(|proxy| proxy.upgrade()) {
            let mut content = Some(Content::Typed(Self::default()));
            let _ = Delivery::default().poll(&proxy, &mut content, None, None, None);
        }
    }
}

impl Message for Count {
    fn tag(&self) -> Tag {
        1
    }

    fn name(&self) -> &'static str {
        "count"
    }

    fn encode(&self, _: &mut Encoder<'_>) -> Result<(), EncodeError> {
        Ok(())
    }

    fn decode(_: Tag, _: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        Ok(Self::default())
    }
}

impl Specified for Tally {
    const NAME: &'static str = "Tally";
    const SPECIFICATION: &'static str = "";
    const OPTIONS: Options = Options::new();

    fn encode(&self, _: &mut Encoder<'_>) -> Result<(), EncodeError> {
        Ok(())
    }

    fn decode(_: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        Ok(Self)
    }
}

impl Actor for Tally {
    type Message = Count;
    type Proxy = Proxy<Self>;
    const COMMANDS: &'static [Descriptor] = &[];

    fn dispatch(&mut self, _: &mut Context<Self>, _: Count, _: Reply) -> impl Future<Output = ()> {
        std::future::ready(())
    }

    async fn hook_start(&mut self, _: &mut Context<Self>) -> Result<(), Error> {
        Ok(())
    }
}

/// One incarnation in this process.
struct Life {
    mailbox: Arc<Mailbox<Count>>,
    receiver: Receiver<Count>,
}

impl Life {
    fn new(capacity: u32) -> Self {
        let (mailbox, receiver) = Mailbox::new(capacity, Recorder::default());
        Self { mailbox, receiver }
    }

    fn route(&self, incarnation: Incarnation) -> Route {
        Route::Local { mailbox: self.mailbox.clone(), incarnation }
    }

    /// Takes so many messages.
    fn take(&mut self, count: u64) {
        let mut slot = None;
        for _ in 0..count {
            block_on(poll_fn(|cx| match self.receiver.poll_next(cx.waker(), &mut slot) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }));
        }
    }

    /// Takes what is there.
    fn drain(&mut self) -> u64 {
        let mut slot = None;
        let mut taken = 0;
        while self.receiver.poll_next(Waker::noop(), &mut slot) {
            taken += 1;
        }
        taken
    }
}

fn address(serial: u32, route: Route) -> Arc<Address> {
    Address::new(ActorId::new(0, serial), None, route)
}

/// Tells, and waits until that is accepted or fails.
fn tell(proxy: &Proxy<Tally>) -> Result<(), Failure> {
    let mut delivery = Delivery::default();
    let mut content = Some(Content::Typed(Count::default()));
    block_on(poll_fn(|cx| delivery.poll(proxy, &mut content, None, None, Some(cx.waker())))).map(drop)
}

/// Threads that tell `count` times each.
fn senders<const N: usize>(to: &Arc<Address>, count: usize) -> [thread::JoinHandle<()>; N] {
    [(); N].map(|()| {
        let proxy = Proxy::from_address(to.clone());
        thread::spawn(move || (0..count).for_each(|_| tell(&proxy).expect("it is delivered")))
    })
}

fn join<const N: usize>(senders: [thread::JoinHandle<()>; N]) {
    for sender in senders {
        sender.join().expect("a sender ends");
    }
}

#[test]
fn senders_go_on_to_the_next_incarnation() {
    check(&[], || {
        let (mut first, mut second) = (Life::new(1), Life::new(1));
        let address = address(1, first.route(1));
        let senders = senders::<2>(&address, 2);
        let taken = first.drain();
        address.lose(1);
        let lost = first.receiver.close(&ExitReason::Shutdown);
        address.set_route(second.route(2));
        second.take(4 - taken - lost);
        join(senders);
        assert_eq!(second.mailbox.depth(), 0);
    });
}

/// As an actor is that is to be reloaded: sealed, emptied, ended.
#[test]
fn a_sealed_incarnation_loses_nothing() {
    check(&[], || {
        let (mut first, mut second) = (Life::new(1), Life::new(2));
        let address = address(1, first.route(1));
        let senders = senders::<2>(&address, 2);
        first.mailbox.seal();
        let taken = first.drain();
        address.lose(1);
        assert_eq!(first.receiver.close(&ExitReason::Shutdown), 0, "it was empty, and took nothing more");
        address.set_route(second.route(2));
        second.take(4 - taken);
        join(senders);
    });
}

/// A connection that ends while messages are put onto it, or wait for its window.
#[test]
fn senders_go_on_when_a_connection_ends() {
    check(&[], || {
        let peer = Arc::new(Elsewhere::default());
        let window = Window::new(1);
        let route = Route::Remote { peer: peer.clone(), incarnation: 1, window: window.clone() };
        let address = address(1, route);
        let senders = senders::<3>(&address, 1);
        let reader = {
            let window = window.clone();
            thread::spawn(move || window.credit(1))
        };
        peer.end();
        window.close();
        address.lose(1);
        let mut life = Life::new(1);
        address.set_route(life.route(2));
        reader.join().expect("the reader ends");
        life.take(3 - peer.accepted());
        join(senders);
        assert_eq!(life.mailbox.depth(), 0);
    });
}

fn pool(members: &[&Arc<Address>]) -> Route {
    let list = members.iter().map(|&member| member.clone()).collect();
    Route::Monitor(Members::new(Some(Routing::LeastInFlight), list))
}

/// A member that begins anew takes its time: what was not accepted there yet goes to another that is free.
#[test]
fn nobody_waits_for_a_member_while_another_is_free() {
    check(&[2_659_458_976_793_698_050], || {
        let (first, mut second) = (Life::new(1), Life::new(1));
        let (one, other) = (address(1, first.route(1)), address(2, second.route(1)));
        let monitor = address(3, pool(&[&one, &other]));
        let senders = senders::<2>(&monitor, 1);
        one.lose(1);
        let mut first = first;
        let lost = first.receiver.close(&ExitReason::Shutdown);
        second.take(2 - lost);
        join(senders);
    });
}

/// Its last member begins anew.
#[test]
fn whoever_waits_for_any_member_gets_the_first_that_comes() {
    check(&[], || {
        let mut life = Life::new(1);
        let (one, other) = (address(1, Route::Wait), address(2, Route::Wait));
        let monitor = address(3, pool(&[&one, &other]));
        let senders = senders::<2>(&monitor, 1);
        other.set_route(life.route(1));
        life.take(2);
        join(senders);
    });
}

/// A pool that is scaled down while messages wait for the member that goes: it finishes what it has, the others get the rest.
#[test]
fn a_pool_that_shrinks_loses_nothing() {
    check(&[], || {
        let (mut leaving, mut staying) = (Life::new(1), Life::new(1));
        let (one, other) = (address(1, leaving.route(1)), address(2, staying.route(1)));
        let monitor = address(3, pool(&[&one, &other]));
        let senders = senders::<2>(&monitor, 2);
        let arbiter = {
            let (monitor, one, other) = (monitor.clone(), one.clone(), other.clone());
            thread::spawn(move || {
                monitor.set_route(pool(&[&other]));
                one.lose(1);
                one.set_route(Route::Gone(ExitReason::Shutdown));
            })
        };
        leaving.mailbox.seal();
        let taken = leaving.drain();
        assert_eq!(leaving.receiver.close(&ExitReason::Shutdown), 0, "it was empty, and took nothing more");
        staying.take(4 - taken);
        join(senders);
        arbiter.join().expect("the arbiter goes on");
    });
}

/// The first worker of a pool that has none yet.
#[test]
fn whoever_waits_for_a_pool_hears_of_its_first_member() {
    check(&[], || {
        let mut life = Life::new(1);
        let one = address(1, Route::Wait);
        let monitor = address(3, pool(&[]));
        let senders = senders::<2>(&monitor, 1);
        let arbiter = {
            let (monitor, one) = (monitor.clone(), one.clone());
            thread::spawn(move || monitor.set_route(pool(&[&one])))
        };
        one.set_route(life.route(1));
        life.take(2);
        join(senders);
        arbiter.join().expect("the arbiter goes on");
    });
}

/// By key the message is for a place: its successor gets what waits for one that goes.
#[test]
fn a_successor_gets_what_waits_for_its_place() {
    check(&[], || {
        let (mut before, mut after) = (Life::new(1), Life::new(1));
        let (one, other) = (address(1, before.route(1)), address(2, after.route(1)));
        let monitor = address(3, pool(&[&one]));
        let senders = [(); 3].map(|()| {
            let proxy = Proxy::<Tally>::from_address(monitor.clone()).by_key("key");
            thread::spawn(move || tell(&proxy).expect("it is delivered"))
        });
        let arbiter = {
            let (monitor, one, other) = (monitor.clone(), one.clone(), other.clone());
            thread::spawn(move || {
                monitor.set_route(pool(&[&other]));
                one.lose(1);
                one.set_route(Route::Gone(ExitReason::Shutdown));
            })
        };
        before.mailbox.seal();
        let taken = before.drain();
        assert_eq!(before.receiver.close(&ExitReason::Shutdown), 0, "it was empty, and took nothing more");
        after.take(3 - taken);
        join(senders);
        arbiter.join().expect("the arbiter goes on");
    });
}

/// A request that is dropped while it waits stands in nobody's way, wherever it waits.
#[test]
fn a_delivery_that_is_dropped_gives_its_place_back() {
    check(&[], || {
        let mut life = Life::new(1);
        let address = address(1, life.route(1));
        tell(&Proxy::from_address(address.clone())).expect("there is room");
        let fickle = {
            let proxy = Proxy::<Tally>::from_address(address.clone());
            thread::spawn(move || {
                let mut delivery = Delivery::default();
                let mut content = Some(Content::Typed(Count::default()));
                let once = poll_fn(|cx| {
                    Poll::Ready(delivery.poll(&proxy, &mut content, None, None, Some(cx.waker())).is_ready())
                });
                u64::from(block_on(once))
            })
        };
        let senders = senders::<1>(&address, 1);
        life.take(2);
        let accepted = fickle.join().expect("the fickle one ends");
        life.take(accepted);
        join(senders);
        assert_eq!(life.mailbox.depth(), 0);
    });
}

/// What was given up is dropped while nothing is locked: dropping it is the user's code, which may use the same proxy.
#[test]
fn a_message_that_is_dropped_may_use_its_proxy() {
    check(&[8_127_597_430_207_741_026], || {
        let mut life = Life::new(1);
        let proxy = Arc::new(Proxy::<Tally>::from_address(address(1, life.route(1))));
        let slot = Arc::new(Slot::<u64, Never>::new());
        let mut content = Some(Content::Typed(Count(Some(Arc::downgrade(&proxy)))));
        assert!(Delivery::default().poll(&proxy, &mut content, Some(slot.clone()), None, None).is_ready());
        let caller = thread::spawn(move || slot.abandon());
        let other = {
            let proxy = proxy.clone();
            thread::spawn(move || {
                let mut content = Some(Content::Typed(Count::default()));
                u64::from(Delivery::default().poll(&proxy, &mut content, None, None, None).is_ready())
            })
        };
        assert!(caller.join().expect("the caller ends"));
        let accepted = other.join().expect("the other ends");
        assert!(life.drain() >= accepted);
    });
}
