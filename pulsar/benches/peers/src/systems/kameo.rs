//! kameo, with a mailbox of the same bound as the others', and without a bound.

use std::time::{Duration, Instant};

use kameo::actor::{ActorRef, Spawn};
use kameo::error::Infallible;
use kameo::mailbox;
use kameo::message::{Context, Message};
use kameo::prelude::Actor;
use kameo::supervision::RestartPolicy;

use crate::job::{Figure, Job, Place, Shape};
use crate::loops;
use crate::measure::{self, Alive, Ask, Tell};

const MAILBOX: usize = 1024;

pub fn run(job: Job, is_bounded: bool) -> Option<Figure> {
    let there = || loops::hosted(job.place.there(), async move || start(Counter::default(), is_bounded));
    Some(match (job.shape, job.place) {
        (Shape::Tell, _) => loops::on_loop(measure::tells(there().value.clone(), job.count)),
        (Shape::FanIn, _) => loops::on_loop(measure::fan_in(there().value.clone(), job.count)),
        (Shape::Ask, Place::One) => {
            loops::on_loop(async { measure::asks(&start(Counter::default(), is_bounded), job.count, false).await })
        }
        (Shape::Ask, _) => loops::on_loop(measure::asks(&there().value, job.count, true)),
        (Shape::InFlight, _) => loops::on_loop(measure::in_flight(&there().value, job.count)),
        (Shape::Ring, _) => loops::on_loop(ring(job.count, is_bounded)),
        (Shape::Spawn, _) => loops::on_loop(spawns(job.count, is_bounded)),
        (Shape::Panic, _) => loops::on_loop(panics(job.count)),
        _ => return None,
    })
}

fn start<A: Actor<Args = A>>(actor: A, is_bounded: bool) -> ActorRef<A> {
    A::spawn_with_mailbox(actor, if is_bounded { mailbox::bounded(MAILBOX) } else { mailbox::unbounded() })
}

#[derive(Default)]
struct Counter {
    total: u64,
}

impl Actor for Counter {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(state: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(state)
    }
}

struct Add(u64);
struct Next(u64);
struct Sum;

impl Message<Add> for Counter {
    type Reply = ();

    async fn handle(&mut self, Add(n): Add, _: &mut Context<Self, ()>) {
        self.total += n;
    }
}

impl Message<Next> for Counter {
    type Reply = u64;

    async fn handle(&mut self, Next(n): Next, _: &mut Context<Self, u64>) -> u64 {
        n + 1
    }
}

impl Message<Sum> for Counter {
    type Reply = u64;

    async fn handle(&mut self, _: Sum, _: &mut Context<Self, u64>) -> u64 {
        self.total
    }
}

impl Tell for ActorRef<Counter> {
    async fn tell(&self, n: u64) {
        let _ = ActorRef::tell(self, Add(n)).await;
    }

    async fn sum(self, _: u64) -> u64 {
        ActorRef::ask(&self, Sum).await.expect("the sum comes")
    }
}

impl Ask for ActorRef<Counter> {
    async fn ask(&self, n: u64) -> u64 {
        ActorRef::ask(self, Next(n)).await.expect("an answer")
    }
}

#[derive(Default)]
struct Member {
    next: Option<ActorRef<Member>>,
}

impl Actor for Member {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(state: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(state)
    }
}

struct Hop(u64);
struct Join(ActorRef<Member>);

impl Message<Hop> for Member {
    type Reply = ();

    async fn handle(&mut self, Hop(left): Hop, _: &mut Context<Self, ()>) {
        match &self.next {
            Some(next) if left > 0 => drop(next.tell(Hop(left - 1)).await),
            _ => measure::ARRIVED.notify_one(),
        }
    }
}

impl Message<Join> for Member {
    type Reply = ();

    async fn handle(&mut self, Join(next): Join, _: &mut Context<Self, ()>) {
        self.next = Some(next);
    }
}

async fn ring(hops: u64, is_bounded: bool) -> Figure {
    let members: Vec<_> = (0..measure::RING).map(|_| start(Member::default(), is_bounded)).collect();
    for (at, member) in members.iter().enumerate() {
        let next = members[(at + 1) % members.len()].clone();
        member.ask(Join(next)).await.expect("it is there");
    }
    measure::ring(hops, async |hops| drop(members[0].tell(Hop(hops)).await)).await
}

/// One of many.
#[derive(Default)]
struct Soldier {
    _alive: Alive,
}

impl Actor for Soldier {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(state: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(state)
    }
}

impl Message<Next> for Soldier {
    type Reply = u64;

    async fn handle(&mut self, Next(n): Next, _: &mut Context<Self, u64>) -> u64 {
        n + 1
    }
}

/// An actor ends when nobody can reach it any more.
async fn spawns(count: u64, is_bounded: bool) -> Figure {
    let ask = async |soldier: &ActorRef<Soldier>, n| soldier.ask(Next(n)).await.expect("an answer");
    measure::spawns(count, async || start(Soldier::default(), is_bounded), ask, async |soldier| drop(soldier)).await
}

struct Supervisor;

impl Actor for Supervisor {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(state: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(state)
    }
}

#[derive(Clone)]
struct Faller;

impl Actor for Faller {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(state: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(state)
    }
}

impl Message<Next> for Faller {
    type Reply = u64;

    async fn handle(&mut self, Next(n): Next, _: &mut Context<Self, u64>) -> u64 {
        assert_ne!(n, measure::FALL, "as told");
        n + 1
    }
}

/// Supervised: the same reference reaches the successor.
async fn panics(count: u64) -> Figure {
    std::panic::set_hook(Box::new(|_| {}));
    let supervisor = Supervisor::spawn(Supervisor);
    let faller = Faller::supervise(&supervisor, Faller).restart_policy(RestartPolicy::Permanent);
    let faller = faller.restart_limit(u32::MAX, Duration::from_secs(1)).spawn().await;
    let round = async || {
        let began = Instant::now();
        let _ = faller.tell(Next(measure::FALL)).await;
        while faller.ask(Next(1)).await.is_err() {}
        began.elapsed()
    };
    measure::each(count, round).await
}
