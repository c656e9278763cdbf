//! The wire format: values, envelopes and frames there and back, and what each refuses.

use std::collections::{BTreeMap, BTreeSet, HashMap, LinkedList};
use std::io::Cursor;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use pulsar::ActorId;
use pulsar::message::{
    DecodeErrorKind, Decoder, ELEMENT_ALLOWANCE, EncodeError, FLAG_LAST, FLAG_MORE, FrameError, HEADER_LEN, Header,
    Limits, MAX_DEPTH, OutBuffer, Subject, VERSION, begin_batch, decode, encode, envelope, envelopes,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, WebSocket};

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

/// One of everything that serde knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Everything {
    numbers: (u8, i16, u32, i64, u128, i128, f32, f64),
    texts: (char, String, Box<str>),
    nothing: ((), Empty),
    maybe: [Option<Wrapped>; 2],
    shapes: Vec<Shape>,
    table: BTreeMap<String, BTreeSet<i32>>,
    time: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Empty;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Wrapped(u64);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(f64),
    Rectangle(u32, i32),
    Polygon { corners: Vec<(i8, i8)>, closed: bool },
}

fn everything() -> Everything {
    Everything {
        numbers: (255, -300, u32::MAX, i64::MIN, u128::MAX, i128::MIN, 1.5, -0.0),
        texts: ('π', "naïve".into(), "".into()),
        nothing: ((), Empty),
        maybe: [None, Some(Wrapped(1 << 40))],
        shapes: vec![
            Shape::Point,
            Shape::Circle(2.0),
            Shape::Rectangle(1, -1),
            Shape::Polygon { corners: vec![(0, -1), (127, 3)], closed: true },
        ],
        table: [("a".to_string(), BTreeSet::from([3, -4])), (String::new(), BTreeSet::new())].into(),
        time: Duration::from_millis(1500),
    }
}

#[test]
fn the_bytes_are_postcards() {
    let value = everything();
    let bytes = encode(&value).unwrap();
    assert_eq!(&bytes[..], postcard::to_stdvec(&value).unwrap());
    assert_eq!(decode::<Everything>(&bytes).unwrap(), value);
}

#[test]
fn texts_and_bytes_are_borrowed_from_what_was_received() {
    let bytes = encode("hello").unwrap();
    let mut decoder = Decoder::new(&bytes);
    let text: &str = decoder.take().unwrap();
    assert!(bytes.as_ptr_range().contains(&text.as_ptr()));
    decoder.finish().unwrap();
}

#[test]
fn every_cut_is_an_error_and_every_surplus_too() {
    let bytes = encode(&everything()).unwrap();
    for len in 0..bytes.len() {
        assert!(decode::<Everything>(&bytes[..len]).is_err(), "{len} bytes");
    }
    let surplus = [&bytes[..], &[0]].concat();
    let error = decode::<Everything>(&surplus).unwrap_err();
    assert_eq!(error.kind(), &DecodeErrorKind::TrailingBytes(1));
    assert_eq!(error.to_string(), "1 trailing byte after the value");
}

#[derive(Debug, Serialize, Deserialize)]
enum Tree {
    Leaf,
    Branch(Box<Self>),
}

#[test]
fn depth_is_bounded_and_what_is_allowed_works() {
    let tree = |depth: u32| [vec![1; depth as usize - 1], vec![0]].concat();
    assert!(decode::<Tree>(&tree(MAX_DEPTH)).is_ok());
    for depth in [MAX_DEPTH + 1, 2_000_000] {
        assert_eq!(decode::<Tree>(&tree(depth)).unwrap_err().kind(), &DecodeErrorKind::TooDeep);
    }
}

#[test]
fn siblings_do_not_add_to_depth() {
    let wide = vec![Some(Some(1_u8)); 1000];
    assert_eq!(decode::<Vec<Option<Option<u8>>>>(&encode(&wide).unwrap()).unwrap(), wide);
}

#[test]
fn elements_without_bytes_are_counted() {
    fn kind<T: DeserializeOwned>(bytes: &[u8]) -> Option<DecodeErrorKind> {
        decode::<T>(bytes).err().map(|error| error.kind().clone())
    }
    let within = encode(&vec![(); ELEMENT_ALLOWANCE]).unwrap();
    assert_eq!(kind::<LinkedList<()>>(&within), None);
    let beyond = encode(&vec![(); ELEMENT_ALLOWANCE + 10]).unwrap();
    let too_many = Some(DecodeErrorKind::TooManyElements);
    assert_eq!(kind::<LinkedList<()>>(&beyond), too_many);
    assert_eq!(kind::<BTreeSet<Empty>>(&beyond), too_many);
    assert_eq!(kind::<HashMap<(), ()>>(&beyond), too_many);
    // Two that are each within, but not together.
    let twice = encode(&[vec![(); ELEMENT_ALLOWANCE - 10], vec![(); 100]]).unwrap();
    assert_eq!(kind::<[Vec<()>; 2]>(&twice), too_many);
}

#[test]
fn real_elements_are_never_too_many() {
    let deep = vec![vec![Vec::<u8>::new(); 1000]; 100];
    assert_eq!(decode::<Vec<Vec<Vec<u8>>>>(&encode(&deep).unwrap()).unwrap(), deep);
    let large = vec![7_u8; 1 << 20];
    assert_eq!(decode::<Vec<u8>>(&encode(&large).unwrap()).unwrap(), large);
}

#[derive(Debug, Serialize, Deserialize)]
struct Flat {
    #[serde(flatten)]
    more: BTreeMap<String, u8>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    One { value: u8 },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    One(u8),
}

#[derive(Debug, Serialize, Deserialize)]
enum Sparse {
    One {
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<u8>,
    },
}

#[test]
fn serde_attributes_that_cannot_work_are_named() {
    let error = encode(&Flat { more: BTreeMap::new() }).unwrap_err();
    assert!(error.to_string().contains("flatten"), "{error}");
    let error = encode(&Sparse::One { note: None }).unwrap_err();
    assert_eq!(error, EncodeError::SkippedField("note"));
    assert!(encode(&Sparse::One { note: Some(1) }).is_ok());
    let tagged = encode(&Tagged::One { value: 1 }).unwrap();
    let untagged = encode(&Untagged::One(1)).unwrap();
    for error in [decode::<Tagged>(&tagged).unwrap_err(), decode::<Untagged>(&untagged).unwrap_err()] {
        assert_eq!(error.kind(), &DecodeErrorKind::Unsupported);
        assert!(error.to_string().contains("untagged"), "{error}");
    }
}

#[test]
fn errors_say_what_serde_said_and_not_at_length() {
    let error = decode::<Shape>(&[9]).unwrap_err();
    assert!(error.to_string().starts_with("malformed value: invalid value: integer `9`"), "{error}");
    #[derive(Debug, Deserialize)]
    struct Shout(#[serde(deserialize_with = "shout")] String);
    fn shout<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
        Err(serde::de::Error::custom(String::deserialize(from)?))
    }
    let error = decode::<Shout>(&encode(&"ö".repeat(5000)).unwrap()).unwrap_err().to_string();
    assert!(error.len() < 300 && error.ends_with("..."), "{error}");
    assert!(decode::<Shout>(&[]).map(|shout| shout.0).is_err());
}

fn batch(build: impl FnOnce(&mut BytesMut)) -> Bytes {
    let mut out = BytesMut::new();
    begin_batch(&mut out);
    build(&mut out);
    out.freeze()
}

fn first(batch: Bytes) -> Result<(Header, Bytes), FrameError> {
    envelopes(batch, &Limits::default())?.next().unwrap()
}

fn header(subject: Subject) -> Header {
    Header::new(subject, ActorId::ARBITER)
}

#[test]
fn a_batch_gives_back_its_envelopes_without_a_copy() {
    let headers: Vec<Header> = SUBJECTS
        .into_iter()
        .zip(1..)
        .map(|(subject, n)| Header {
            flags: match subject {
                Subject::Chunk => FLAG_LAST,
                Subject::Ask | Subject::Reply => FLAG_MORE,
                _ => 0,
            },
            tag: u32::MAX - n,
            target: format!("{n}.7").parse().unwrap(),
            sender: format!("0.{n}").parse().unwrap(),
            incarnation: n,
            request: u64::MAX - u64::from(n),
            deadline: (n % 2 == 0).then(|| Duration::from_micros(n.into())),
            ..header(subject)
        })
        .collect();
    let bytes = batch(|out| {
        for (n, header) in headers.iter().enumerate() {
            envelope(out, header, |payload| payload.put(&vec![n; n])).unwrap();
        }
    });
    let range = bytes.as_ptr_range();
    let read: Vec<_> = envelopes(bytes, &Limits::default()).unwrap().map(Result::unwrap).collect();
    assert_eq!(read.len(), headers.len());
    for (n, ((header, payload), sent)) in read.iter().zip(&headers).enumerate() {
        assert_eq!(header, sent);
        assert_eq!(decode::<Vec<usize>>(payload).unwrap(), vec![n; n]);
        assert!(range.contains(&payload.as_ptr()));
    }
}

#[test]
fn a_deadline_is_never_lost_and_never_forever() {
    for (sent, received) in [
        (Duration::ZERO, Duration::from_micros(1)),
        (Duration::from_nanos(1001), Duration::from_micros(2)),
        (Duration::MAX, Duration::from_micros(u64::MAX)),
    ] {
        let sent = Header { deadline: Some(sent), ..header(Subject::Ask) };
        let (read, _) = first(batch(|out| envelope(out, &sent, |_| Ok(())).unwrap())).unwrap();
        assert_eq!(read.deadline, Some(received));
    }
}

#[test]
fn an_envelope_that_fails_leaves_nothing_behind() {
    let mut out = BytesMut::from(&[VERSION][..]);
    let failed = envelope(&mut out, &header(Subject::Tell), |payload| {
        payload.put("half")?;
        payload.put(&Sparse::One { note: None })
    });
    assert_eq!(failed, Err(EncodeError::SkippedField("note")));
    assert_eq!(&out[..], [VERSION]);
}

#[test]
fn what_is_wrong_with_a_batch_is_named() {
    let limits = Limits { control: 10, data: 20 };
    let read = |bytes: Bytes| envelopes(bytes, &limits).and_then(|mut batch| batch.next().unwrap());
    let sent = |subject, len| {
        let header = header(subject);
        batch(|out| {
            envelope(out, &header, |payload| {
                payload.put_raw(&vec![0; len]);
                Ok(())
            })
            .unwrap();
        })
    };
    let patched = |at: usize, byte: u8| {
        let mut bytes = BytesMut::from(sent(Subject::Ask, 3));
        bytes[at] = byte;
        read(bytes.freeze())
    };
    assert_eq!(read(Bytes::new()), Err(FrameError::Empty));
    assert_eq!(patched(0, 9), Err(FrameError::Version(9)));
    assert_eq!(patched(1, 13), Err(FrameError::Subject(13)));
    assert_eq!(patched(2, FLAG_LAST), Err(FrameError::Flags { subject: Subject::Ask, flags: FLAG_LAST }));
    assert_eq!(patched(HEADER_LEN - 3, 4), Err(FrameError::PastEnd { len: 4, left: 3 }));
    let whole = sent(Subject::Ask, 3);
    assert_eq!(read(whole.slice(..HEADER_LEN)), Err(FrameError::ShortHeader(HEADER_LEN - 1)));
    assert_eq!(read(whole.slice(..HEADER_LEN + 2)), Err(FrameError::PastEnd { len: 3, left: 1 }));
    assert!(read(sent(Subject::Ask, 20)).is_ok() && read(sent(Subject::Node, 10)).is_ok());
    let too_long = |subject, len, limit| Err(FrameError::TooLong { subject, len, limit });
    assert_eq!(read(sent(Subject::Reply, 21)), too_long(Subject::Reply, 21, 20));
    assert_eq!(read(sent(Subject::Control, 11)), too_long(Subject::Control, 11, 10));
}

#[test]
fn an_error_ends_a_batch() {
    let bytes = batch(|out| {
        envelope(out, &header(Subject::Tell), |_| Ok(())).unwrap();
        out.extend_from_slice(&[200; 2 * HEADER_LEN]);
    });
    let read: Vec<_> = envelopes(bytes, &Limits::default()).unwrap().collect();
    assert_eq!(read.len(), 2);
    assert_eq!(read[1], Err(FrameError::Subject(200)));
}

/// What tungstenite reads from bytes that were written to it, as both ends of a mailbox are set up.
fn through_tungstenite(wire: Vec<u8>) -> Vec<Bytes> {
    let config = WebSocketConfig::default().accept_unmasked_frames(true);
    let mut socket = WebSocket::from_raw_socket(Cursor::new(wire), Role::Server, Some(config));
    let mut batches = Vec::new();
    while let Ok(message) = socket.read() {
        let Message::Binary(batch) = message else { panic!("{message:?}") };
        batches.push(batch);
    }
    batches
}

#[test]
fn frames_are_what_tungstenite_reads() {
    let mut out = OutBuffer::new();
    let lengths = [0, 1, 78, 79, 80, 125, 126, 127, 5000, 65_488, 65_489, 65_490, 70_000, 3 << 20];
    let mut wire = Vec::new();
    for len in lengths {
        assert!(out.is_empty() && out.take_frame().is_none());
        let header = Header { request: len as u64, ..header(Subject::Reply) };
        out.envelope(&header, |payload| payload.put(&vec![1_u8; len])).unwrap();
        assert!(!out.is_empty());
        let batch = out.len();
        let frame = out.take_frame().unwrap();
        let head = frame.len() - batch;
        assert_eq!(
            head,
            if batch < 126 {
                2
            } else if batch < 65_536 {
                4
            } else {
                10
            }
        );
        assert_eq!((frame[0], frame[1] & 0x80), (0x82, 0), "a whole binary frame, unmasked");
        wire.extend_from_slice(&frame);
    }
    let batches = through_tungstenite(wire);
    assert_eq!(batches.len(), lengths.len());
    for (batch, len) in batches.into_iter().zip(lengths) {
        let (header, payload) = first(batch).unwrap();
        assert_eq!(header.request, len as u64);
        assert_eq!(decode::<Vec<u8>>(&payload).unwrap(), vec![1; len]);
    }
}

#[test]
fn memory_of_a_written_frame_serves_the_next() {
    let mut out = OutBuffer::new();
    let mut places = BTreeSet::new();
    for _ in 0..1000 {
        for _ in 0..3 {
            out.envelope(&header(Subject::Tell), |payload| payload.put(&[7_u8; 100][..])).unwrap();
        }
        places.insert(out.take_frame().unwrap().as_ptr() as usize);
    }
    assert!(places.len() < 20, "{} places", places.len());
}

#[test]
fn a_failed_envelope_is_not_written() {
    let mut out = OutBuffer::new();
    assert!(out.envelope(&header(Subject::Tell), |payload| payload.put(&Sparse::One { note: None })).is_err());
    assert!(out.take_frame().is_none());
    out.envelope(&header(Subject::Tell), |payload| payload.put(&1_u8)).unwrap();
    let batches = through_tungstenite(out.take_frame().unwrap().to_vec());
    assert_eq!(envelopes(batches[0].clone(), &Limits::default()).unwrap().count(), 1);
}

type Mixed = (Vec<(String, Option<i64>)>, BTreeMap<u16, Vec<bool>>, Result<char, u128>, Vec<f64>);

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn values_go_there_and_back(
        value: Mixed,
    ) {
        let bytes = encode(&value).unwrap();
        prop_assert_eq!(&bytes[..], postcard::to_stdvec(&value).unwrap());
        // Compared as bytes, since not every float equals itself.
        let decoded: Mixed = decode(&bytes).unwrap();
        prop_assert_eq!(encode(&decoded).unwrap(), bytes);
    }

    #[test]
    fn what_postcard_reads_is_read_alike(bytes: Vec<u8>) {
        let ours = decode::<Vec<(Option<String>, u16)>>(&bytes).ok();
        let theirs = postcard::take_from_bytes::<Vec<(Option<String>, u16)>>(&bytes).ok();
        prop_assert_eq!(ours, theirs.filter(|(_, rest)| rest.is_empty()).map(|(value, _)| value));
    }

    #[test]
    fn headers_go_there_and_back(
        (subject, tag, target, sender) in (0..13_usize, any::<u32>(), any::<(u32, u32)>(), any::<(u32, u32)>()),
        (incarnation, request, deadline) in (any::<u32>(), any::<u64>(), prop::option::of(1..u64::MAX)),
    ) {
        let id = |(home, serial): (u32, u32)| format!("{home}.{serial}").parse().unwrap();
        let sent = Header {
            tag,
            target: id(target),
            sender: id(sender),
            incarnation,
            request,
            deadline: deadline.map(Duration::from_micros),
            ..header(SUBJECTS[subject])
        };
        let (read, payload) = first(batch(|out| envelope(out, &sent, |_| Ok(())).unwrap())).unwrap();
        prop_assert_eq!(read, sent);
        prop_assert!(payload.is_empty());
    }
}
