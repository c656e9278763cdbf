//! ractor. Its mailboxes have no bound.

use std::cell::RefCell;
use std::time::Instant;

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent};
use tokio::sync::{Mutex, mpsc};

use crate::job::{Figure, Job, Place, Shape};
use crate::loops;
use crate::measure::{self, Alive, Ask, Tell};

pub fn run(job: Job) -> Option<Figure> {
    let there = || loops::hosted(job.place.there(), async || start(Counter).await);
    Some(match (job.shape, job.place) {
        (Shape::Tell, _) => loops::on_loop(measure::tells(there().value.clone(), job.count)),
        (Shape::FanIn, _) => loops::on_loop(measure::fan_in(there().value.clone(), job.count)),
        (Shape::Ask, Place::One) => {
            loops::on_loop(async { measure::asks(&start(Counter).await, job.count, false).await })
        }
        (Shape::Ask, _) => loops::on_loop(measure::asks(&there().value, job.count, true)),
        (Shape::InFlight, _) => loops::on_loop(measure::in_flight(&there().value, job.count)),
        (Shape::Ring, _) => loops::on_loop(ring(job.count)),
        (Shape::Spawn, _) => loops::on_loop(spawns(job.count)),
        (Shape::Panic, _) => loops::on_loop(panics(job.count)),
        _ => return None,
    })
}

async fn start<A: Actor<Arguments = ()>>(actor: A) -> ActorRef<A::Msg> {
    Actor::spawn(None, actor, ()).await.expect("it starts").0
}

struct Counter;

enum Message {
    Add(u64),
    Next(u64, RpcReplyPort<u64>),
    Sum(RpcReplyPort<u64>),
}

#[cfg(feature = "cluster")]
impl ractor::Message for Message {}

impl Actor for Counter {
    type Msg = Message;
    type State = u64;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<u64, ActorProcessingErr> {
        Ok(0)
    }

    async fn handle(&self, _: ActorRef<Message>, message: Message, total: &mut u64) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Add(n) => *total += n,
            Message::Next(n, reply) => drop(reply.send(n + 1)),
            Message::Sum(reply) => drop(reply.send(*total)),
        }
        Ok(())
    }
}

impl Tell for ActorRef<Message> {
    async fn tell(&self, n: u64) {
        let _ = self.cast(Message::Add(n));
    }

    async fn sum(self, _: u64) -> u64 {
        self.call(Message::Sum, None).await.expect("it is there").expect("the sum comes")
    }
}

impl Ask for ActorRef<Message> {
    async fn ask(&self, n: u64) -> u64 {
        self.call(|reply| Message::Next(n, reply), None).await.expect("it is there").expect("an answer")
    }
}

struct Member;

enum Round {
    Hop(u64),
    Join(ActorRef<Round>),
}

#[cfg(feature = "cluster")]
impl ractor::Message for Round {}

impl Actor for Member {
    type Msg = Round;
    type State = Option<ActorRef<Round>>;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Round>, (): ()) -> Result<Self::State, ActorProcessingErr> {
        Ok(None)
    }

    async fn handle(
        &self,
        _: ActorRef<Round>,
        message: Round,
        next: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match (message, &next) {
            (Round::Hop(left), Some(next)) if left > 0 => drop(next.cast(Round::Hop(left - 1))),
            (Round::Hop(_), _) => measure::ARRIVED.notify_one(),
            (Round::Join(other), _) => *next = Some(other),
        }
        Ok(())
    }
}

async fn ring(hops: u64) -> Figure {
    let mut members = Vec::new();
    for _ in 0..measure::RING {
        members.push(start(Member).await);
    }
    for (at, member) in members.iter().enumerate() {
        let _ = member.cast(Round::Join(members[(at + 1) % members.len()].clone()));
    }
    measure::ring(hops, async |hops| drop(members[0].cast(Round::Hop(hops)))).await
}

/// One of many.
struct Soldier;

struct Question(u64, RpcReplyPort<u64>);

#[cfg(feature = "cluster")]
impl ractor::Message for Question {}

impl Actor for Soldier {
    type Msg = Question;
    type State = Alive;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Question>, (): ()) -> Result<Alive, ActorProcessingErr> {
        Ok(Alive::default())
    }

    async fn handle(
        &self,
        _: ActorRef<Question>,
        Question(n, reply): Question,
        _: &mut Alive,
    ) -> Result<(), ActorProcessingErr> {
        assert_ne!(n, measure::FALL, "as told");
        let _ = reply.send(n + 1);
        Ok(())
    }
}

async fn ask(actor: &ActorRef<Question>, n: u64) -> u64 {
    actor.call(|reply| Question(n, reply), None).await.expect("it is there").expect("an answer")
}

async fn spawns(count: u64) -> Figure {
    let stop = async |soldier: ActorRef<Question>| soldier.stop(None);
    measure::spawns(count, async || start(Soldier).await, ask, stop).await
}

/// Starts another where one has failed, and says how it is reached.
struct Supervisor(mpsc::UnboundedSender<ActorRef<Question>>);

impl Actor for Supervisor {
    type Msg = ();
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<()>, (): ()) -> Result<(), ActorProcessingErr> {
        let (child, _) = Actor::spawn_linked(None, Soldier, (), myself.get_cell()).await?;
        let _ = self.0.send(child);
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<()>,
        event: SupervisionEvent,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        if let SupervisionEvent::ActorFailed(..) = event {
            let (child, _) = Actor::spawn_linked(None, Soldier, (), myself.get_cell()).await?;
            let _ = self.0.send(child);
        }
        Ok(())
    }
}

async fn panics(count: u64) -> Figure {
    std::panic::set_hook(Box::new(|_| {}));
    let (started, next) = mpsc::unbounded_channel();
    start(Supervisor(started)).await;
    let next = Mutex::new(next);
    let another = async || next.try_lock().expect("one at a time").recv().await.expect("it is started again");
    let current = RefCell::new(another().await);
    let round = async || {
        let fallen = current.borrow().clone();
        let began = Instant::now();
        let _ = fallen.cast(Question(measure::FALL, ractor::concurrency::oneshot().0.into()));
        let successor = another().await;
        ask(&successor, 1).await;
        let took = began.elapsed();
        current.replace(successor);
        took
    };
    measure::each(count, round).await
}
