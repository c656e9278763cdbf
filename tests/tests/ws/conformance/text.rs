//! Group 6: what is UTF-8 and what is not, after Markus Kuhn's decoder test.

use super::cases::{Chops, case, divided, first, whole};
use super::{Case, End, Step};
use crate::raw::{CONTINUATION, FIN, Frame, TEXT, masked};

const INVALID_TEXT: End = End::Fails(&[1007]);

/// κόσμε, with an accent of its own.
const GREEK: &[u8] = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5";

/// Good, then a surrogate, then good again.
pub(super) const INVALID: &[u8] = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited";

pub(super) fn all() -> Vec<Case> {
    let accents = "Hello-µ@ßöäüàá-UTF-8!!".as_bytes();
    let valid = |name: &str, frames: &[Vec<u8>], payload: &[u8]| {
        case(name, frames, Chops::Together, &[Frame::whole(TEXT, payload)], End::Closes)
    };
    let empty = |middle: &str| vec![first(TEXT, ""), first(CONTINUATION, middle), whole(CONTINUATION, "")];
    let mut cases = vec![
        valid("6.1.1", &[whole(TEXT, "")], b""),
        valid("6.1.2", &empty(""), b""),
        valid("6.1.3", &empty("middle frame payload"), b"middle frame payload"),
        valid("6.2.1", &[whole(TEXT, accents)], accents),
        // After "Hello-µ@ßöä".
        valid("6.2.2", &[first(TEXT, &accents[..15]), whole(CONTINUATION, &accents[15..])], accents),
        valid("6.2.3", &divided(TEXT, accents, 1), accents),
        valid("6.2.4", &divided(TEXT, GREEK, 1), GREEK),
        case("6.3.1", &[whole(TEXT, INVALID)], Chops::Together, &[], INVALID_TEXT),
        case("6.3.2", &divided(TEXT, INVALID, 1), Chops::Together, &[], INVALID_TEXT),
    ];
    cases.extend(early());
    let mut numbers = 5..;
    for (valid, sequences) in sequences() {
        let group = numbers.next().unwrap_or(0);
        for (index, (valid, bytes)) in sequences.into_iter().map(|bytes| (valid(&bytes), bytes)).enumerate() {
            let name = format!("6.{group}.{}", index + 1);
            let frames = [whole(TEXT, &bytes)];
            cases.push(if valid {
                case(name, &frames, Chops::Together, &[Frame::whole(TEXT, &bytes)], End::Closes)
            } else {
                case(name, &frames, Chops::Together, &[], INVALID_TEXT)
            });
        }
    }
    cases
}

/// 6.4: the byte that makes it wrong comes long before the last. Where frames end there, the connection is failed before the rest is sent.
fn early() -> Vec<Case> {
    // No code point is that high: wrong from the second byte of this on.
    let bytes = [GREEK, b"\xf4\x90\x80\x80", b"edited"].concat();
    let write = |bytes: Vec<u8>| Step::Write { bytes, piece: usize::MAX };
    let mut cases = Vec::new();
    for (name, second) in [("6.4.1", 15), ("6.4.2", 13)] {
        let begin = if second == 15 { 11 } else { 12 };
        let steps = vec![
            write(first(TEXT, &bytes[..begin])),
            Step::Pause,
            // The rest is never sent.
            write(first(CONTINUATION, &bytes[begin..second])),
        ];
        cases.push(Case { name: name.into(), steps, back: Vec::new(), end: INVALID_TEXT });
    }
    for (name, begin, second) in [("6.4.3", 11, 15), ("6.4.4", 12, 13)] {
        // In one frame, it may be seen when all of it is there.
        let frame = masked(FIN | TEXT, &bytes);
        let head = frame.len() - bytes.len();
        let steps = vec![
            write(frame[..head + begin].to_vec()),
            Step::Pause,
            write(frame[head + begin..head + second].to_vec()),
            Step::Pause,
            write(frame[head + second..].to_vec()),
        ];
        cases.push(Case { name: name.into(), steps, back: Vec::new(), end: INVALID_TEXT });
    }
    cases
}

type Judge = fn(&[u8]) -> bool;

const GOOD: Judge = |_| true;
const BAD: Judge = |_| false;

/// 6.5 to 6.23: what is said of each sequence by hand, but for the prefixes of a word, which are good where a letter ends.
fn sequences() -> Vec<(Judge, Vec<Vec<u8>>)> {
    let list = |sequences: &[&[u8]]| sequences.iter().map(|bytes| bytes.to_vec()).collect::<Vec<_>>();
    let cut: [&[u8]; 10] = [
        b"\xc0",
        b"\xe0\x80",
        b"\xf0\x80\x80",
        b"\xf8\x80\x80\x80",
        b"\xfc\x80\x80\x80\x80",
        b"\xdf",
        b"\xef\xbf",
        b"\xf7\xbf\xbf",
        b"\xfb\xbf\xbf\xbf",
        b"\xfd\xbf\xbf\xbf\xbf",
    ];
    let spaced = |from: u8, to: u8| (from..to).flat_map(|byte| [byte, b' ']).collect::<Vec<_>>();
    let mut stray: Vec<_> = (1..=6).map(|count| [0x80, 0xbf].repeat(3)[..count].to_vec()).collect();
    stray.insert(1, vec![0xbf]);
    stray.push((0x80..0xbf).collect());
    let lone = [(0xc0, 0xdf), (0xe0, 0xef), (0xf0, 0xf7), (0xf8, 0xfb), (0xfc, 0xfd)];
    let highs: [&[u8]; 4] = [b"\xed\xa0\x80", b"\xed\xad\xbf", b"\xed\xae\x80", b"\xed\xaf\xbf"];
    let pairs = highs.iter().flat_map(|high| [b"\xed\xb0\x80", b"\xed\xbf\xbf"].map(|low| [high, &low[..]].concat()));
    // The last two code points of each plane are no characters, and may be sent all the same.
    let planes = (0..=16_u32).flat_map(|plane| [0xfffe, 0xffff].map(|low| plane << 16 | low));
    let no_characters = planes.filter_map(char::from_u32).map(|char| char.to_string().into_bytes());
    vec![
        (
            GOOD,
            list(&[
                b"hello$world",
                "hello¢world".as_bytes(),
                "hello€world".as_bytes(),
                "hello𤭢world".as_bytes(),
                GREEK,
            ]),
        ),
        (|bytes| [2, 5, 7, 9, 11].contains(&bytes.len()), (1..=GREEK.len()).map(|end| GREEK[..end].to_vec()).collect()),
        (GOOD, list(&[b"\0", b"\xc2\x80", b"\xe0\xa0\x80", b"\xf0\x90\x80\x80"])),
        (BAD, list(&[b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80"])),
        (GOOD, list(&[b"\x7f", b"\xdf\xbf", b"\xef\xbf\xbf", b"\xf4\x8f\xbf\xbf"])),
        (BAD, list(&[b"\xf7\xbf\xbf\xbf", b"\xfb\xbf\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf\xbf"])),
        (
            |bytes| bytes != b"\xf4\x90\x80\x80",
            list(&[b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xef\xbf\xbd", b"\xf4\x8f\xbf\xbf", b"\xf4\x90\x80\x80"]),
        ),
        (BAD, stray),
        (BAD, lone.map(|(from, to)| spaced(from, to)).to_vec()),
        (BAD, list(&cut)),
        (BAD, vec![cut.concat()]),
        (BAD, list(&[b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"])),
        (
            BAD,
            list(&[
                b"\xc0\xaf",
                b"\xe0\x80\xaf",
                b"\xf0\x80\x80\xaf",
                b"\xf8\x80\x80\x80\xaf",
                b"\xfc\x80\x80\x80\x80\xaf",
            ]),
        ),
        (
            BAD,
            list(&[
                b"\xc1\xbf",
                b"\xe0\x9f\xbf",
                b"\xf0\x8f\xbf\xbf",
                b"\xf8\x87\xbf\xbf\xbf",
                b"\xfc\x83\xbf\xbf\xbf\xbf",
            ]),
        ),
        (
            BAD,
            list(&[
                b"\xc0\x80",
                b"\xe0\x80\x80",
                b"\xf0\x80\x80\x80",
                b"\xf8\x80\x80\x80\x80",
                b"\xfc\x80\x80\x80\x80\x80",
            ]),
        ),
        (BAD, [list(&highs), list(&[b"\xed\xb0\x80", b"\xed\xbe\x80", b"\xed\xbf\xbf"])].concat()),
        (BAD, pairs.collect()),
        (GOOD, no_characters.collect()),
        (GOOD, (0xfff9_u32..=0xffff).filter_map(char::from_u32).map(|char| char.to_string().into_bytes()).collect()),
    ]
}
