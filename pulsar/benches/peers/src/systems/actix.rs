//! actix. Told with `do_send`, which heeds no bound: its fastest way.

use actix::prelude::*;

use crate::job::{Figure, Job, Place, Shape};
use crate::loops;
use crate::measure::{self, Alive, Ask, Tell};

const MAILBOX: usize = 1024;

pub fn run(job: Job) -> Option<Figure> {
    let core = job.place.there();
    System::new().block_on(async move {
        // Another arbiter is another thread with a loop.
        let there = || {
            let arbiter = Arbiter::new();
            Counter::start_in_arbiter(&arbiter.handle(), move |_| Counter { total: 0, core })
        };
        Some(match (job.shape, job.place) {
            (Shape::Tell, _) => measure::tells(there(), job.count).await,
            (Shape::FanIn, _) => measure::fan_in(there(), job.count).await,
            (Shape::Ask, Place::One) => measure::asks(&Counter { total: 0, core }.start(), job.count, false).await,
            (Shape::Ask, _) => measure::asks(&there(), job.count, true).await,
            (Shape::InFlight, _) => measure::in_flight(&there(), job.count).await,
            (Shape::Ring, _) => ring(job.count).await,
            (Shape::Spawn, _) => spawns(job.count).await,
            _ => return None,
        })
    })
}

struct Counter {
    total: u64,
    core: Option<usize>,
}

impl Actor for Counter {
    type Context = Context<Self>;

    fn started(&mut self, cx: &mut Context<Self>) {
        loops::pin(self.core);
        cx.set_mailbox_capacity(MAILBOX);
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Add(u64);

#[derive(Message)]
#[rtype(result = "u64")]
struct Next(u64);

#[derive(Message)]
#[rtype(result = "u64")]
struct Sum;

impl Handler<Add> for Counter {
    type Result = ();

    fn handle(&mut self, Add(n): Add, _: &mut Context<Self>) {
        self.total += n;
    }
}

impl Handler<Next> for Counter {
    type Result = u64;

    fn handle(&mut self, Next(n): Next, _: &mut Context<Self>) -> u64 {
        n + 1
    }
}

impl Handler<Sum> for Counter {
    type Result = u64;

    fn handle(&mut self, _: Sum, _: &mut Context<Self>) -> u64 {
        self.total
    }
}

impl Tell for Addr<Counter> {
    async fn tell(&self, n: u64) {
        self.do_send(Add(n));
    }

    async fn sum(self, _: u64) -> u64 {
        self.send(Sum).await.expect("the sum comes")
    }
}

impl Ask for Addr<Counter> {
    async fn ask(&self, n: u64) -> u64 {
        self.send(Next(n)).await.expect("an answer")
    }
}

#[derive(Default)]
struct Member {
    next: Option<Addr<Member>>,
}

impl Actor for Member {
    type Context = Context<Self>;
}

#[derive(Message)]
#[rtype(result = "()")]
struct Hop(u64);

#[derive(Message)]
#[rtype(result = "()")]
struct Join(Addr<Member>);

impl Handler<Hop> for Member {
    type Result = ();

    fn handle(&mut self, Hop(left): Hop, _: &mut Context<Self>) {
        match &self.next {
            Some(next) if left > 0 => next.do_send(Hop(left - 1)),
            _ => measure::ARRIVED.notify_one(),
        }
    }
}

impl Handler<Join> for Member {
    type Result = ();

    fn handle(&mut self, Join(next): Join, _: &mut Context<Self>) {
        self.next = Some(next);
    }
}

async fn ring(hops: u64) -> Figure {
    let members: Vec<_> = (0..measure::RING).map(|_| Member::default().start()).collect();
    for (at, member) in members.iter().enumerate() {
        member.send(Join(members[(at + 1) % members.len()].clone())).await.expect("it is there");
    }
    measure::ring(hops, async |hops| members[0].do_send(Hop(hops))).await
}

/// One of many.
#[derive(Default)]
struct Soldier {
    _alive: Alive,
}

impl Actor for Soldier {
    type Context = Context<Self>;
}

impl Handler<Next> for Soldier {
    type Result = u64;

    fn handle(&mut self, Next(n): Next, _: &mut Context<Self>) -> u64 {
        n + 1
    }
}

/// An actor ends when nobody can reach it any more.
async fn spawns(count: u64) -> Figure {
    let ask = async |soldier: &Addr<Soldier>, n| soldier.send(Next(n)).await.expect("an answer");
    measure::spawns(count, async || Soldier::default().start(), ask, async |soldier| drop(soldier)).await
}
