//! xtra.

use xtra::prelude::*;

use crate::job::{Figure, Job, Place, Shape};
use crate::loops;
use crate::measure::{self, Alive, Ask, Tell};

const MAILBOX: usize = 1024;

pub fn run(job: Job) -> Option<Figure> {
    let there = || loops::hosted(job.place.there(), async || start(Counter::default()));
    Some(match (job.shape, job.place) {
        (Shape::Tell, _) => loops::on_loop(measure::tells(there().value.clone(), job.count)),
        (Shape::FanIn, _) => loops::on_loop(measure::fan_in(there().value.clone(), job.count)),
        (Shape::Ask, Place::One) => {
            loops::on_loop(async { measure::asks(&start(Counter::default()), job.count, false).await })
        }
        (Shape::Ask, _) => loops::on_loop(measure::asks(&there().value, job.count, true)),
        (Shape::InFlight, _) => loops::on_loop(measure::in_flight(&there().value, job.count)),
        (Shape::Ring, _) => loops::on_loop(ring(job.count)),
        (Shape::Spawn, _) => loops::on_loop(spawns(job.count)),
        _ => return None,
    })
}

fn start<A: Actor<Stop = ()>>(actor: A) -> Address<A> {
    xtra::spawn_tokio(actor, Mailbox::bounded(MAILBOX))
}

#[derive(Default)]
struct Counter {
    total: u64,
}

impl Actor for Counter {
    type Stop = ();

    async fn stopped(self) {}
}

struct Add(u64);
struct Next(u64);
struct Sum;

impl Handler<Add> for Counter {
    type Return = ();

    async fn handle(&mut self, Add(n): Add, _: &mut Context<Self>) {
        self.total += n;
    }
}

impl Handler<Next> for Counter {
    type Return = u64;

    async fn handle(&mut self, Next(n): Next, _: &mut Context<Self>) -> u64 {
        n + 1
    }
}

impl Handler<Sum> for Counter {
    type Return = u64;

    async fn handle(&mut self, _: Sum, _: &mut Context<Self>) -> u64 {
        self.total
    }
}

impl Tell for Address<Counter> {
    async fn tell(&self, n: u64) {
        let _ = self.send(Add(n)).detach().await;
    }

    /// Asked more than once: a question overtakes what still waited for room.
    async fn sum(self, expected: u64) -> u64 {
        loop {
            let sum = self.send(Sum).await.expect("the sum comes");
            if sum >= expected {
                return sum;
            }
        }
    }
}

impl Ask for Address<Counter> {
    async fn ask(&self, n: u64) -> u64 {
        self.send(Next(n)).await.expect("an answer")
    }
}

#[derive(Default)]
struct Member {
    next: Option<Address<Member>>,
}

impl Actor for Member {
    type Stop = ();

    async fn stopped(self) {}
}

struct Hop(u64);
struct Join(Address<Member>);

impl Handler<Hop> for Member {
    type Return = ();

    async fn handle(&mut self, Hop(left): Hop, _: &mut Context<Self>) {
        match &self.next {
            Some(next) if left > 0 => drop(next.send(Hop(left - 1)).detach().await),
            _ => measure::ARRIVED.notify_one(),
        }
    }
}

impl Handler<Join> for Member {
    type Return = ();

    async fn handle(&mut self, Join(next): Join, _: &mut Context<Self>) {
        self.next = Some(next);
    }
}

async fn ring(hops: u64) -> Figure {
    let members: Vec<_> = (0..measure::RING).map(|_| start(Member::default())).collect();
    for (at, member) in members.iter().enumerate() {
        let next = members[(at + 1) % members.len()].clone();
        member.send(Join(next)).await.expect("it is there");
    }
    measure::ring(hops, async |hops| drop(members[0].send(Hop(hops)).detach().await)).await
}

/// One of many.
#[derive(Default)]
struct Soldier {
    _alive: Alive,
}

impl Actor for Soldier {
    type Stop = ();

    async fn stopped(self) {}
}

impl Handler<Next> for Soldier {
    type Return = u64;

    async fn handle(&mut self, Next(n): Next, _: &mut Context<Self>) -> u64 {
        n + 1
    }
}

/// An actor ends when nobody can reach it any more.
async fn spawns(count: u64) -> Figure {
    let ask = async |soldier: &Address<Soldier>, n| soldier.send(Next(n)).await.expect("an answer");
    measure::spawns(count, async || start(Soldier::default()), ask, async |soldier| drop(soldier)).await
}
