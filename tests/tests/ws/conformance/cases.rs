//! The cases, group by group. Knows nothing of who is tested.

use super::{Case, End, Step, text};
use crate::raw::{BINARY, CLOSE, CONTINUATION, FIN, Frame, PING, PONG, TEXT, close, masked};

const PROTOCOL: End = End::Fails(&[1002]);
const HELLO: &str = "Hello, world!";
const PARTS: [&str; 5] = ["part 1,", " part 2,", " part 3,", " part 4,", " part 5"];

/// How the bytes of a case are written.
#[derive(Clone, Copy)]
pub(super) enum Chops {
    /// All at once.
    Together,
    /// A frame at a time.
    Frames,
    /// A byte at a time.
    Bytes,
}

use Chops::{Bytes, Frames, Together};

/// All of them.
pub(super) fn all() -> Vec<Case> {
    [echoes(), pings(), reserved_bits(), opcodes(), fragments(), text::all(), closes(), large(), vec![in_pieces()]]
        .into_iter()
        .flatten()
        .collect()
}

pub(super) fn case(name: impl Into<String>, frames: &[Vec<u8>], chops: Chops, back: &[Frame], end: End) -> Case {
    let write = |bytes: Vec<u8>, piece| Step::Write { bytes, piece };
    let steps = match chops {
        Together => vec![write(frames.concat(), usize::MAX)],
        Frames => frames.iter().flat_map(|frame| [write(frame.clone(), usize::MAX), Step::Pause]).collect(),
        Bytes => vec![write(frames.concat(), 1)],
    };
    Case { name: name.into(), steps, back: back.to_vec(), end }
}

/// A frame that is a message, or a control frame.
pub(super) fn whole(opcode: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    masked(FIN | opcode, payload.as_ref())
}

/// One that is not the last of its message.
pub(super) fn first(opcode: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    masked(opcode, payload.as_ref())
}

/// A message in fragments of so many bytes.
pub(super) fn divided(opcode: u8, payload: &[u8], size: usize) -> Vec<Vec<u8>> {
    let count = payload.len().div_ceil(size);
    let fragment = |(index, bytes): (usize, &[u8])| {
        let opcode = if index == 0 { opcode } else { CONTINUATION };
        let last = if index + 1 == count { FIN } else { 0 };
        masked(last | opcode, bytes)
    };
    payload.chunks(size).enumerate().map(fragment).collect()
}

/// 1: messages of each length that a frame writes in its own way.
fn echoes() -> Vec<Case> {
    let mut cases = Vec::new();
    for (group, opcode, byte) in [(1, TEXT, b'*'), (2, BINARY, 0xfe)] {
        for (index, length) in [0, 125, 126, 127, 128, 65535, 65536, 65536].into_iter().enumerate() {
            let payload = vec![byte; length];
            let piece = if index == 7 { 997 } else { usize::MAX };
            let steps = vec![Step::Write { bytes: whole(opcode, &payload), piece }];
            let back = vec![Frame::whole(opcode, &payload)];
            cases.push(Case { name: format!("1.{group}.{}", index + 1), steps, back, end: End::Closes });
        }
    }
    cases
}

/// 2: pings and pongs.
fn pings() -> Vec<Case> {
    let odd = [0, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0, 0xff];
    let long = [0xfe; 125];
    let ten: Vec<_> = (0..10).map(|n| format!("payload-{n}")).collect();
    let pings: Vec<_> = ten.iter().map(|payload| whole(PING, payload)).collect();
    let pongs: Vec<_> = ten.iter().map(|payload| Frame::whole(PONG, payload)).collect();
    let pong = |payload: &[u8]| vec![Frame::whole(PONG, payload)];
    let ping = |name, payload: &[u8], chops| case(name, &[whole(PING, payload)], chops, &pong(payload), End::Closes);
    vec![
        ping("2.1", b"", Together),
        ping("2.2", b"Hello", Together),
        ping("2.3", &odd, Together),
        ping("2.4", &long, Together),
        case("2.5", &[whole(PING, [0xfe; 126])], Together, &[], PROTOCOL),
        ping("2.6", &long, Bytes),
        case("2.7", &[whole(PONG, b"")], Frames, &[], End::Closes),
        case("2.8", &[whole(PONG, b"not asked for")], Frames, &[], End::Closes),
        case("2.9", &[whole(PONG, b"not asked for"), whole(PING, b"asked")], Together, &pong(b"asked"), End::Closes),
        case("2.10", &pings, Together, &pongs, End::Closes),
        case("2.11", &pings, Bytes, &pongs, End::Closes),
    ]
}

/// 3: the reserved bits.
fn reserved_bits() -> Vec<Case> {
    let text = whole(TEXT, HELLO);
    let after = |name, rsv: u8, chops| {
        let frames = [text.clone(), masked(FIN | rsv << 4 | TEXT, HELLO.as_bytes()), whole(PING, "")];
        case(name, &frames, chops, &[Frame::whole(TEXT, HELLO)], PROTOCOL)
    };
    let alone = |name, first: u8, payload: &[u8]| case(name, &[masked(first, payload)], Together, &[], PROTOCOL);
    vec![
        alone("3.1", FIN | 1 << 4 | TEXT, HELLO.as_bytes()),
        after("3.2", 2, Together),
        after("3.3", 3, Frames),
        after("3.4", 4, Bytes),
        alone("3.5", FIN | 5 << 4 | BINARY, &[0, 0xff, 0xfe, 0xfd]),
        alone("3.6", FIN | 6 << 4 | PING, HELLO.as_bytes()),
        alone("3.7", FIN | 7 << 4 | CLOSE, b""),
    ]
}

/// 4: opcodes that nobody uses.
fn opcodes() -> Vec<Case> {
    let mut cases = Vec::new();
    for (group, opcodes) in [(1, 3..8), (2, 11..16)] {
        for (index, opcode) in opcodes.enumerate() {
            let payload = if index == 1 || index == 3 { "reserved opcode payload" } else { "" };
            let bad = whole(opcode, payload);
            let name = format!("4.{group}.{}", index + 1);
            cases.push(if index < 2 {
                case(name, &[bad], Together, &[], PROTOCOL)
            } else {
                let frames = [whole(TEXT, HELLO), bad, whole(PING, "")];
                case(name, &frames, if index == 4 { Bytes } else { Together }, &[Frame::whole(TEXT, HELLO)], PROTOCOL)
            });
        }
    }
    cases
}

/// 5: messages in fragments, with and without what may stand between them.
fn fragments() -> Vec<Case> {
    let mut cases = Vec::new();
    for (index, opcode) in [PING, PONG].into_iter().enumerate() {
        let frames = [first(opcode, "fragment1"), whole(CONTINUATION, "fragment2")];
        cases.push(case(format!("5.{}", index + 1), &frames, Together, &[], PROTOCOL));
    }
    let two = [first(TEXT, "fragment1"), whole(CONTINUATION, "fragment2")];
    let joined = Frame::whole(TEXT, "fragment1fragment2");
    let with_ping = [two[0].clone(), whole(PING, "ping payload"), two[1].clone()];
    let pong = Frame::whole(PONG, "ping payload");
    for (index, chops) in [Together, Frames, Bytes].into_iter().enumerate() {
        cases.push(case(format!("5.{}", index + 3), &two, chops, std::slice::from_ref(&joined), End::Closes));
    }
    for (index, chops) in [Together, Frames, Bytes].into_iter().enumerate() {
        cases.push(case(format!("5.{}", index + 6), &with_ping, chops, &[pong.clone(), joined.clone()], End::Closes));
    }
    let mut number = 9;
    for fin in [FIN, 0] {
        for chops in [Together, Frames, Bytes] {
            let frames = [masked(fin | CONTINUATION, b"of nothing"), whole(TEXT, HELLO)];
            cases.push(case(format!("5.{number}"), &frames, chops, &[], PROTOCOL));
            number += 1;
        }
    }
    let stray = [two[0].clone(), two[1].clone(), first(CONTINUATION, "fragment3"), whole(TEXT, "fragment4")];
    cases.push(case("5.15", &stray, Together, &[joined], PROTOCOL));
    for (name, fin) in [("5.16", 0), ("5.17", FIN)] {
        let once =
            [masked(fin | CONTINUATION, b"fragment1"), first(TEXT, "fragment2"), whole(CONTINUATION, "fragment3")];
        cases.push(case(name, &[once.clone(), once].concat(), Together, &[], PROTOCOL));
    }
    cases.push(case("5.18", &[first(TEXT, "fragment1"), whole(TEXT, "fragment2")], Together, &[], PROTOCOL));
    for (name, chops) in [("5.19", Together), ("5.20", Frames)] {
        let begin = [first(TEXT, PARTS[0]), first(CONTINUATION, PARTS[1]), whole(PING, "pongme 1!")];
        let end = [
            first(CONTINUATION, PARTS[2]),
            first(CONTINUATION, PARTS[3]),
            whole(PING, "pongme 2!"),
            whole(CONTINUATION, PARTS[4]),
        ];
        let back =
            [Frame::whole(PONG, "pongme 1!"), Frame::whole(PONG, "pongme 2!"), Frame::whole(TEXT, PARTS.concat())];
        let mut whole = case(name, &begin, chops, &back, End::Closes);
        whole.steps.push(Step::Pause);
        whole.steps.extend(case("", &end, chops, &[], End::Closes).steps);
        cases.push(whole);
    }
    cases
}

/// 7: closes, and what comes behind them.
fn closes() -> Vec<Case> {
    let bye = || whole(CLOSE, close(1000, ""));
    let text = Frame::whole(TEXT, HELLO);
    let closed = || End::Closed(close(1000, ""));
    let mut cases = vec![
        case("7.1.1", &[whole(TEXT, HELLO)], Together, std::slice::from_ref(&text), End::Closes),
        case("7.1.2", &[bye(), whole(CLOSE, "")], Together, &[], closed()),
        case("7.1.3", &[bye(), whole(PING, "")], Together, &[], closed()),
        case("7.1.4", &[bye(), whole(TEXT, HELLO)], Together, &[], closed()),
        case("7.1.5", &[first(TEXT, PARTS[0]), bye(), whole(CONTINUATION, PARTS[1])], Together, &[], closed()),
    ];
    // Whether what came right before a close is answered is free; here the second message is waited for.
    let long = vec![b'*'; 256 << 10];
    let mut behind = case(
        "7.1.6",
        &[whole(TEXT, &long), whole(TEXT, HELLO)],
        Together,
        &[Frame::whole(TEXT, &long), text],
        closed(),
    );
    behind.steps.extend([Step::Read, Step::Read]);
    behind.steps.extend(case("", &[bye(), whole(PING, "")], Together, &[], closed()).steps);
    cases.push(behind);

    let reason = "*".repeat(124);
    for (name, payload, end) in [
        ("7.3.1", vec![], End::Closed(vec![])),
        ("7.3.2", vec![b'a'], PROTOCOL),
        ("7.3.3", close(1000, ""), closed()),
        ("7.3.4", close(1000, HELLO), End::Closed(close(1000, HELLO))),
        ("7.3.5", close(1000, &reason[1..]), End::Closed(close(1000, &reason[1..]))),
        ("7.3.6", close(1000, &reason), PROTOCOL),
        ("7.5.1", [&[0x03, 0xe8][..], text::INVALID].concat(), End::Fails(&[1007, 1002])),
    ] {
        cases.push(case(name, &[whole(CLOSE, payload)], Together, &[], end));
    }
    let good = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
    for (index, code) in good.into_iter().enumerate() {
        let payload = close(code, "good bye");
        cases.push(case(format!("7.7.{}", index + 1), &[whole(CLOSE, &payload)], Together, &[], End::Closed(payload)));
    }
    for (index, code) in [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999].into_iter().enumerate() {
        cases.push(case(
            format!("7.9.{}", index + 1),
            &[whole(CLOSE, close(code, "good bye"))],
            Together,
            &[],
            PROTOCOL,
        ));
    }
    for (index, code) in [5000, 65535].into_iter().enumerate() {
        cases.push(case(format!("7.13.{}", index + 1), &[whole(CLOSE, close(code, ""))], Together, &[], PROTOCOL));
    }
    cases
}

/// 9: large messages, in few fragments and in many, and many small ones.
fn large() -> Vec<Case> {
    let mut cases = Vec::new();
    let back = |opcode, payload: &[u8]| vec![Frame::whole(opcode, payload)];
    for (group, opcode) in [(1, TEXT), (2, BINARY)] {
        for (index, kib) in [64, 256, 1 << 10, 4 << 10, 8 << 10, 16 << 10].into_iter().enumerate() {
            let payload = vec![b'*'; kib << 10];
            let name = format!("9.{group}.{}", index + 1);
            cases.push(case(name, &[whole(opcode, &payload)], Together, &back(opcode, &payload), End::Closes));
        }
    }
    for (group, opcode) in [(3, TEXT), (4, BINARY)] {
        for index in 0..9 {
            let payload = vec![b'*'; 4 << 20];
            let frames = divided(opcode, &payload, 64 << (2 * index));
            cases.push(case(
                format!("9.{group}.{}", index + 1),
                &frames,
                Together,
                &back(opcode, &payload),
                End::Closes,
            ));
        }
    }
    for (group, opcode) in [(5, TEXT), (6, BINARY)] {
        for index in 0..6 {
            let payload = vec![b'*'; 1 << 20];
            let steps = vec![Step::Write { bytes: whole(opcode, &payload), piece: 64 << index }];
            let name = format!("9.{group}.{}", index + 1);
            cases.push(Case { name, steps, back: back(opcode, &payload), end: End::Closes });
        }
    }
    for (group, opcode) in [(7, TEXT), (8, BINARY)] {
        for (index, length) in [0, 16, 64, 256, 1024, 4096].into_iter().enumerate() {
            let (frame, answer) = (whole(opcode, vec![b'*'; length]), Frame::whole(opcode, vec![b'*'; length]));
            let steps = (0..1000).flat_map(|_| [Step::Write { bytes: frame.clone(), piece: usize::MAX }, Step::Read]);
            let name = format!("9.{group}.{}", index + 1);
            cases.push(Case { name, steps: steps.collect(), back: vec![answer; 1000], end: End::Closes });
        }
    }
    cases
}

/// 10: a message that its sender divides.
fn in_pieces() -> Case {
    let payload = [b'*'; 65536];
    case("10.1.1", &divided(TEXT, &payload, 1300), Together, &[Frame::whole(TEXT, payload)], End::Closes)
}
