//! A program whose process actors are not what they should be, while a file says so.
//!
//! ```text
//! hostile MODE     with HOSTILE_WHILE=PATH in the environment
//! ```
//!
//! Modes `record`, `other-build` and `cut` stand between the master and the real child, the last until `HOSTILE_CUT` bytes have
//! gone up; the others write to the master what no child would.

use std::{
    io::{IoSlice, Read, Write},
    mem::MaybeUninit,
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::UnixStream,
        unix::process::CommandExt,
    },
    pin::pin,
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use futures_util::future::{Either, select};
use pulsar::{
    ActorId, AskError,
    message::{Header, Subject, begin_batch, envelope},
    prelude::*,
};
use pulsar_tests::{
    Random, SOON,
    actors::{Probe, ProbeProxy},
    append, proc, until_blocking,
};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use tracing::{Event, Metadata, Subscriber, span};

/// How often a child gives descriptors along that nobody wants.
const GIVEN: usize = 200;

fn main() -> ExitCode {
    let child = std::env::var("PULSAR_CHILD");
    let hostile = std::env::var("HOSTILE_WHILE").is_ok_and(|path| std::fs::exists(path).unwrap_or(false));
    if let (Ok(marker), true) = (child, hostile) {
        return stand_in(&marker);
    }
    pulsar::init();
    if let Ok(path) = std::env::var("HOSTILE_SUBSCRIBER") {
        let arbiter = std::thread::current().id();
        tracing::subscriber::set_global_default(Slow { arbiter, path }).expect("the only one");
    }
    pulsar::run(master)
}

/// A subscriber that takes its time, and says if anybody has the arbiter's loop wait for it.
struct Slow {
    arbiter: std::thread::ThreadId,
    path: String,
}

impl Subscriber for Slow {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        if std::thread::current().id() == self.arbiter {
            append(&self.path, &format!("on the arbiter's loop: {}", event.metadata().name()));
        } else {
            append(&format!("{}.heard", self.path), event.metadata().target());
        }
        std::thread::sleep(Duration::from_millis(50));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// What a child does instead.
fn stand_in(marker: &str) -> ExitCode {
    let mode = std::env::var("HOSTILE_MODE").unwrap_or_default();
    let socket: OwnedFd = std::io::stdin().as_fd().try_clone_to_owned().expect("standard input");
    let mut socket = UnixStream::from(socket);
    socket.set_nonblocking(false).expect("a socket");
    let (_, number) = marker.split_once(':').expect("a marker");
    match mode.as_str() {
        "record" | "cut" => relay(socket, number, "/proc/self/exe"),
        "other-build" => relay(socket, number, &std::env::var("HOSTILE_BINARY").expect("another binary")),
        // What a child would say, but a byte a second.
        "dribble" => attack("unread").iter().for_each(|byte| {
            let _ = socket.write_all(&[*byte]);
            std::thread::sleep(Duration::from_secs(1));
        }),
        mode => {
            let record = std::env::var("HOSTILE_RECORD").expect("where to record");
            append(&format!("{record}.begun"), mode);
            match mode {
                "descriptors" => give_descriptors(&socket, 1),
                "many-descriptors" => give_descriptors(&socket, 64),
                mode => drop(socket.write_all(&attack(mode))),
            }
            if mode == "unread" {
                // Reads nothing of what it is answered.
                std::thread::sleep(Duration::from_secs(60));
            }
            // Stays, so that only the master's own judgement ends it.
            let mut rest = Vec::new();
            let _ = socket.read_to_end(&mut rest);
        }
    }
    ExitCode::SUCCESS
}

/// Gives descriptors along with what is harmless by itself.
fn give_descriptors(socket: &UnixStream, at_once: usize) {
    let file = std::fs::File::open("/dev/null").expect("a file");
    let fds = vec![file.as_fd(); at_once];
    let bytes = frame(0x82, false, &batch(&Header::new(Subject::Cancel, ActorId::ARBITER), b""));
    for _ in 0..GIVEN {
        let mut space = vec![MaybeUninit::uninit(); SendAncillaryMessage::ScmRights(&fds).size()];
        let mut control = SendAncillaryBuffer::new(&mut space);
        assert!(control.push(SendAncillaryMessage::ScmRights(&fds)), "there is room");
        if sendmsg(socket, &[IoSlice::new(&bytes)], &mut control, SendFlags::NOSIGNAL).is_err() {
            break;
        }
    }
}

/// Starts the real child, and passes on what is said, writing it down.
fn relay(socket: UnixStream, number: &str, program: &str) {
    let (near, far) = UnixStream::pair().expect("a pair");
    let mut real = Command::new(program)
        .arg0("real child")
        .env("PULSAR_CHILD", format!("{}:{number}", std::process::id()))
        .env_remove("HOSTILE_WHILE")
        .stdin(Stdio::from(OwnedFd::from(far)))
        .spawn()
        .expect("the real child");
    let record = std::env::var("HOSTILE_RECORD").expect("where to record");
    let cut = std::env::var("HOSTILE_CUT").ok().and_then(|text| text.parse().ok()).unwrap_or(usize::MAX);
    let pid = real.id();
    let copy = |mut from: UnixStream, mut to: UnixStream, name: String| {
        let mut left = if name.ends_with(".up") { cut } else { usize::MAX };
        std::thread::spawn(move || {
            let mut file = std::fs::File::create(name).expect("the record");
            let mut buffer = vec![0; 1 << 16];
            while let Ok(count @ 1..) = from.read(&mut buffer) {
                let count = count.min(left);
                left -= count;
                file.write_all(&buffer[..count]).expect("the record");
                if to.write_all(&buffer[..count]).is_err() {
                    break;
                }
                if left == 0 {
                    // In the middle of whatever this is.
                    proc::signal(pid, proc::Signal::KILL);
                    proc::signal(std::process::id(), proc::Signal::KILL);
                }
            }
            let _ = to.shutdown(std::net::Shutdown::Both);
        })
    };
    let clone = |stream: &UnixStream| stream.try_clone().expect("a socket");
    let down = copy(clone(&socket), clone(&near), format!("{record}.down"));
    let up = copy(near, socket, format!("{record}.up"));
    let _ = real.wait();
    let _ = up.join();
    drop(down);
}

/// A WebSocket frame.
fn frame(first: u8, masked: bool, payload: &[u8]) -> Vec<u8> {
    let mask = if masked { 0x80 } else { 0 };
    let mut out = vec![first];
    match payload.len() {
        len @ 0..=125 => out.push(mask | len as u8),
        len @ 126..=65_535 => {
            out.push(mask | 126);
            out.extend((len as u16).to_be_bytes());
        }
        len => {
            out.push(mask | 127);
            out.extend((len as u64).to_be_bytes());
        }
    }
    if masked {
        out.extend([0; 4]);
    }
    out.extend(payload);
    out
}

/// A batch with one envelope.
fn batch(header: &Header, payload: &[u8]) -> Bytes {
    let mut out = BytesMut::new();
    begin_batch(&mut out);
    envelope(&mut out, header, |encoder| {
        encoder.put_raw(payload);
        Ok(())
    })
    .expect("it can be encoded");
    out.freeze()
}

const SUBJECTS: [Subject; 13] = [
    Subject::Ask,
    Subject::Tell,
    Subject::Open,
    Subject::OpenTell,
    Subject::Control,
    Subject::Reply,
    Subject::Error,
    Subject::Failure,
    Subject::Cancel,
    Subject::Credit,
    Subject::Chunk,
    Subject::ChunkCredit,
    Subject::Node,
];

fn attack(mode: &str) -> Vec<u8> {
    let ask = Header { request: 1, tag: 7, incarnation: 1, ..Header::new(Subject::Ask, ActorId::ARBITER) };
    match mode {
        "garbage" => vec![0xff; 4096],
        "text" => frame(0x81, false, b"hello"),
        "wrong-version" => frame(0x82, false, &[9; 64]),
        "empty" => frame(0x82, false, b""),
        "huge-length" => {
            let mut out = vec![0x82, 127];
            out.extend((1_u64 << 62).to_be_bytes());
            out
        }
        "huge-envelope" => {
            let mut whole = batch(&ask, b"").to_vec();
            let end = whole.len();
            whole[end - 4..].copy_from_slice(&[0xff; 4]);
            frame(0x82, false, &whole)
        }
        "trailing" => {
            let mut whole = batch(&ask, b"abc").to_vec();
            whole.push(1);
            frame(0x82, false, &whole)
        }
        "node-garbage" => frame(0x82, false, &batch(&Header::new(Subject::Node, ActorId::ARBITER), &[0xff; 40])),
        "control-garbage" => frame(0x82, false, &batch(&Header { subject: Subject::Control, ..ask }, &[0xff; 40])),
        "stray-chunk" => frame(0x82, false, &batch(&Header { subject: Subject::Chunk, ..ask }, &[1; 40])),
        // More than may be under way to an actor that takes none of them.
        "tells" => {
            let header = Header { request: 0, ..Header::new(Subject::Tell, main_actor()) };
            let one = frame(0x82, false, &batch(&Header { incarnation: 1, tag: 7, ..header }, b"abc"));
            one.repeat(2000)
        }
        // Asks that cannot be told apart, of an actor that answers neither.
        "same-number" => {
            let header = Header { target: main_actor(), ..ask };
            frame(0x82, false, &batch(&header, b"abc")).repeat(2)
        }
        // Asks that are answered, by the arbiter and by an actor that it does not know.
        "unread" => {
            let mut out = Vec::new();
            for n in 0..100_000 {
                let target = if n % 2 == 0 { ActorId::ARBITER } else { target() };
                out.extend(frame(0x82, false, &batch(&Header { request: n + 1, target, ..ask.clone() }, b"abc")));
            }
            out
        }
        "random" => {
            let mut random = Random::from_env();
            let mut out = Vec::new();
            for _ in 0..200 {
                let header = Header {
                    subject: SUBJECTS[random.below(13) as usize],
                    request: random.below(4),
                    tag: random.below(1 << 32) as u32,
                    incarnation: random.below(3) as u32,
                    flags: random.below(4) as u8,
                    ..Header::new(Subject::Ask, target())
                };
                let payload: Vec<u8> = (0..random.below(100)).map(|_| random.below(256) as u8).collect();
                let mut bytes = frame(0x82, false, &batch(&header, &payload));
                if random.below(3) == 0 {
                    let at = random.below(bytes.len() as u64) as usize;
                    bytes[at] ^= 1 << random.below(8);
                }
                out.extend(bytes);
            }
            out
        }
        other => panic!("no such mode: {other}"),
    }
}

/// The good neighbour: the first that the master spawned.
fn target() -> ActorId {
    "0.2".parse().expect("an id")
}

/// The body of the master.
fn main_actor() -> ActorId {
    "0.1".parse().expect("an id")
}

/// Holds the loop of `main` as long as the bad child lives.
fn stand_still() {
    let begun = format!("{}.begun", std::env::var("HOSTILE_RECORD").expect("where to record"));
    until_blocking("the bad one begins", SOON, || std::fs::exists(&begun).unwrap_or(false));
    let living = || proc::children(std::process::id()).iter().filter(|(_, state)| *state != 'Z').count();
    until_blocking("the bad one is gone", SOON, || living() == 1);
}

/// Within how long 99 of 100 asks are answered, one after the other.
async fn slowest_of_many(neighbour: &ProbeProxy, asks: usize) -> Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..asks {
        let began = Instant::now();
        neighbour.add(0).await?;
        times.push(began.elapsed());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    times.sort_unstable();
    Ok(times[times.len() * 99 / 100])
}

/// Asks until an answer does not come; one that comes is whole.
async fn converse(bad: &ProbeProxy, whole: &mut u32) -> Result<(), AskError> {
    for round in 1..=20 {
        assert_eq!(bad.add(1).await?, round);
        *whole += 1;
    }
    assert_eq!(bad.send(command::echo("x".repeat(70_000))).await?, "x".repeat(70_000));
    *whole += 1;
    Ok(())
}

/// The master: a good neighbour, then one that is not, then a good one again.
async fn master() -> Result<()> {
    let path = std::env::var("HOSTILE_WHILE")?;
    let neighbour = Probe::new().spawn().await?;
    neighbour.add(1).await?;
    append(&path, "on");
    let before = proc::fds(std::process::id());
    let mode = std::env::var("HOSTILE_MODE").unwrap_or_default();
    let usual = if mode == "dribble" { slowest_of_many(&neighbour, 500).await? } else { Duration::ZERO };
    let bad = Probe::new().with(|params| {
        params.start_timeout = Duration::from_secs(3);
        params.restart = if mode == "cut" { Restart::Temporary } else { params.restart };
    });
    let bad = bad.spawn();
    let mut most = before;
    let watching = async {
        if matches!(mode.as_str(), "tells" | "same-number") {
            stand_still();
        }
        if mode == "dribble" {
            let beside = slowest_of_many(&neighbour, 500).await.expect("it answers");
            println!("99 of 100 asks of another within {usual:?} before, {beside:?} beside it");
            assert!(beside < 10 * usual.max(Duration::from_millis(10)));
        }
        loop {
            most = most.max(proc::fds(std::process::id()));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let bad = match select(pin!(bad), pin!(watching)).await {
        Either::Left((bad, _)) => bad,
        Either::Right((never, _)) => never,
    };
    assert!(most < before + GIVEN / 2, "the master kept what it was given: {most} descriptors, {before} before");
    match bad {
        Ok(bad) if mode == "cut" => {
            let mut whole = 0;
            let outcome = converse(&bad, &mut whole).await;
            println!("{whole} whole, then {outcome:?}");
            let _ = bad.stop().await;
        }
        Ok(bad) => {
            for round in 1..=20 {
                assert_eq!(bad.add(1).await?, round);
            }
            assert_eq!(bad.send(command::echo("x".repeat(70_000))).await?.len(), 70_000);
            println!("spawned");
            bad.stop().await?;
        }
        Err(error) => println!("{error}"),
    }
    std::fs::remove_file(&path)?;
    let good = Probe::new().spawn().await?;
    assert_eq!(good.ask_other(neighbour.clone(), 1).await?, 2, "the neighbour did not notice");
    assert_eq!(neighbour.place().await?.1, 1);
    let rss = arbiter().info().await?.system.map_or(0, |system| system.rss);
    assert!(rss < 256 << 20, "{rss}");
    assert_eq!(proc::children(std::process::id()).len(), 2, "the bad one is gone");
    println!("well");
    Ok(())
}
