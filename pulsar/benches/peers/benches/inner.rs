//! The inner parts alone, by criterion: values to bytes and back, batches of envelopes, the state machine. Only what is public can be
//! reached; the mailbox is not, and is measured by the rows of tells.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use pulsar::message::{Header, Limits, OutBuffer, Subject, decode, encode, envelopes};
use pulsar::supervise::{Action, Event, Machine, Policy};
use pulsar::{ActorId, ExitReason};
use serde::{Deserialize, Serialize};

/// How many envelopes a batch has.
const BATCH: usize = 256;

#[derive(Serialize, Deserialize)]
struct Order {
    id: u64,
    customer: String,
    lines: Vec<(u32, f64)>,
}

fn codec(criterion: &mut Criterion) {
    let order = Order { id: 7, customer: "Ada".into(), lines: vec![(1, 2.5); 8] };
    let bytes = encode(&order).expect("it can be written");
    criterion.bench_function("encode a struct", |bencher| bencher.iter(|| encode(black_box(&order))));
    criterion.bench_function("decode a struct", |bencher| bencher.iter(|| decode::<Order>(black_box(&bytes))));
    let frame = encode(&[7_u8; 32]).expect("it can be written");
    criterion.bench_function("encode 32 bytes", |bencher| bencher.iter(|| encode(black_box(&[7_u8; 32]))));
    criterion.bench_function("decode 32 bytes", |bencher| bencher.iter(|| decode::<[u8; 32]>(black_box(&frame))));
}

fn frames(criterion: &mut Criterion) {
    let header = Header::new(Subject::Tell, id(7));
    let mut out = OutBuffer::new();
    criterion.bench_function("a batch of 256 envelopes of 32 bytes, to a frame", |bencher| {
        bencher.iter(|| {
            for _ in 0..BATCH {
                let _ = out.envelope(&header, |payload| payload.put(black_box(&[7_u8; 32])));
            }
            out.take_frame()
        });
    });
    for _ in 0..BATCH {
        let _ = out.envelope(&header, |payload| payload.put(&[7_u8; 32]));
    }
    let frame = out.take_frame().expect("something was appended");
    // Behind the header of the WebSocket frame: two bytes, and two of the length.
    let batch = frame.slice(4..);
    let limits = Limits::default();
    criterion.bench_function("the envelopes of such a batch", |bencher| {
        bencher.iter(|| envelopes(batch.clone(), &limits).expect("a batch").filter(Result::is_ok).count());
    });
}

fn machine(criterion: &mut Criterion) {
    const CHILDREN: u32 = 1000;
    let one = id(500);
    let mut machine = Machine::new(7);
    let mut actions = Vec::new();
    let mut now = Duration::from_secs(1);
    for child in 1..=CHILDREN {
        machine.handle(now, Event::Add { id: id(child), parent: None, policy: Policy::default() }, &mut actions);
        machine.handle(now, Event::Ready { id: id(child), incarnation: 1 }, &mut actions);
    }
    criterion.bench_function("a heartbeat of one of 1,000 children", |bencher| {
        bencher.iter(|| {
            actions.clear();
            now += Duration::from_millis(1);
            machine.handle(now, Event::Beat { id: one, incarnation: 1 }, &mut actions);
        });
    });
    let mut incarnation = 1;
    criterion.bench_function("an end and a restart of one of 1,000 children", |bencher| {
        bencher.iter(|| {
            actions.clear();
            // Long enough for every failure to be a first one.
            now += Duration::from_secs(60);
            let reason = ExitReason::Code(1);
            machine.handle(now, Event::Exited { id: one, incarnation, reason }, &mut actions);
            incarnation += 1;
            let started = Action::Start { id: one, incarnation };
            assert!(actions.contains(&started), "it is started again at once");
            machine.handle(now, Event::Ready { id: one, incarnation }, &mut actions);
        });
    });
}

fn id(number: u32) -> ActorId {
    format!("0.{number}").parse().expect("an id")
}

criterion_group!(inner, codec, frames, machine);
criterion_main!(inner);
