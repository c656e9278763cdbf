//! Every case of Autobahn's fuzzing client but those of compression, written anew over our own frames: what is sent, what has to come back.

mod cases;
mod text;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use pulsar::ws::Options;
use tokio::io::AsyncWriteExt;

use crate::raw::{CLOSE, Frame, Raw, close};
use crate::server::echo;

/// One case.
pub(super) struct Case {
    /// As the suite numbers them.
    name: String,
    steps: Vec<Step>,
    /// What has to come back, in this order.
    back: Vec<Frame>,
    end: End,
}

/// What a client does.
enum Step {
    /// Writes, in pieces of so many bytes.
    Write { bytes: Vec<u8>, piece: usize },
    /// Waits.
    Pause,
    /// Reads a frame, which has to be the next to come back.
    Read,
}

/// How a case ends.
enum End {
    /// The client closes, and is answered.
    Closes,
    /// The client has closed, and is answered with this payload, or with the code alone.
    Closed(Vec<u8>),
    /// The server fails the connection, with one of these codes.
    Fails(&'static [u16]),
}

#[pulsar::test(timeout = "10m")]
async fn all_cases() {
    let cases = cases::all();
    let count = cases.len();
    let mut groups = BTreeMap::new();
    for case in &cases {
        let group: u32 = case.name.split('.').next().unwrap().parse().unwrap();
        *groups.entry(group).or_insert(0) += 1;
    }
    // As many as theirs.
    assert_eq!(
        groups.into_iter().collect::<Vec<_>>(),
        [(1, 16), (2, 11), (3, 7), (4, 10), (5, 20), (6, 145), (7, 37), (9, 54), (10, 1)]
    );
    let address = echo(Options::new().max_message(64 << 20).write_buffer(64 << 20)).await;
    let begun = Instant::now();
    for case in cases {
        let name = case.name.clone();
        if let Err(wrong) = run(case, Raw::open(address, "/").await).await {
            panic!("case {name}: {wrong}");
        }
    }
    println!("{count} cases passed in {:?}", begun.elapsed());
}

async fn run(case: Case, mut raw: Raw) -> Result<(), String> {
    let mut back = case.back.into_iter();
    for step in case.steps {
        match step {
            Step::Write { bytes, piece } => {
                for piece in bytes.chunks(piece) {
                    // Whoever is failed half way through need not listen to the rest.
                    if raw.stream.write_all(piece).await.is_err() {
                        break;
                    }
                }
            }
            Step::Pause => tokio::time::sleep(Duration::from_millis(20)).await,
            Step::Read => same(raw.next().await, back.next())?,
        }
    }
    for expected in back {
        same(raw.next().await, Some(expected))?;
    }
    match case.end {
        End::Closes => {
            raw.send(CLOSE, close(1000, "")).await;
            same(raw.next().await, Some(Frame::whole(CLOSE, close(1000, ""))))?;
        }
        End::Closed(payload) => same(raw.next().await, Some(Frame::whole(CLOSE, payload)))?,
        End::Fails(codes) => {
            let frame = raw.next().await.ok_or("it ended without a close")?;
            if !frame.code().is_some_and(|code| codes.contains(&code)) {
                return Err(format!("one of {codes:?} was expected, not {}", short(Some(&frame))));
            }
        }
    }
    match raw.next().await {
        None => Ok(()),
        frame => Err(format!("the end was expected, not {}", short(frame.as_ref()))),
    }
}

fn same(found: Option<Frame>, expected: Option<Frame>) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{} was expected, not {}", short(expected.as_ref()), short(found.as_ref())))
}

/// A frame that fits on a line.
fn short(frame: Option<&Frame>) -> String {
    let Some(Frame { first, payload }) = frame else { return "the end".into() };
    format!("{first:#04x} with {} bytes, {:?}", payload.len(), &payload[..payload.len().min(40)])
}
