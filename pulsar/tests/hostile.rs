//! A bounded run of the fuzz targets: mutated batches and values never panic, and never cost more memory than
//! a fixed multiple of what was received.
//!
//! `PULSAR_SEED` and `PULSAR_INPUTS` choose other inputs. The open-ended run is in `fuzz/`.
#![allow(unsafe_code, reason = "a global allocator is the only way to see every allocation")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, LinkedList};

use bytes::{Bytes, BytesMut};
use pulsar::ActorId;
use pulsar::message::{
    DecodeErrorKind, ELEMENT_ALLOWANCE, FLAG_LAST, Header, Limits, Subject, begin_batch, decode, encode, envelope,
    envelopes,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The memory that reading may cost: so many bytes for each received, and for each element allowed beyond.
const COST: usize = 96;

/// What errors and the harness may cost besides.
const OVERHEAD: usize = 4096;

const LIMITS: Limits = Limits { control: 1 << 20, data: 1 << 20 };

#[test]
fn mutated_values_are_read_within_budget() {
    let mut inputs = Inputs::new("values", samples());
    let mut most = 0.0_f64;
    let mut accepted = 0_u64;
    while let Some((bytes, which)) = inputs.next() {
        let (ok, peak) = measure(|| read(which, bytes));
        let allowance = bytes.len() + ELEMENT_ALLOWANCE;
        most = most.max(peak as f64 / allowance as f64);
        accepted += u64::from(ok);
        assert!(peak <= COST * allowance + OVERHEAD, "{peak} bytes for {}: {bytes:02x?} as {which}", bytes.len());
    }
    println!("accepted {accepted}; at most {most:.1} bytes of memory a byte or allowed element");
    assert!(accepted > inputs.count / 100, "mutations too wild: {accepted} accepted");
}

#[test]
fn mutated_batches_are_read_within_budget() {
    let mut inputs = Inputs::new("batches", batches());
    let (mut read_envelopes, mut refused) = (0_u64, 0_u64);
    while let Some((bytes, _)) = inputs.next() {
        let batch = Bytes::copy_from_slice(bytes);
        let ((), peak) = measure(|| match envelopes(batch, &LIMITS) {
            Ok(envelopes) => envelopes.for_each(|item| match item {
                Ok((header, payload)) => {
                    read(header.tag as usize, &payload);
                    read_envelopes += 1;
                }
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    refused += 1;
                }
            }),
            Err(_) => refused += 1,
        });
        let allowance = bytes.len() + ELEMENT_ALLOWANCE;
        assert!(peak <= COST * allowance + OVERHEAD, "{peak} bytes for {}: {bytes:02x?}", bytes.len());
    }
    println!("{read_envelopes} envelopes read, {refused} batches refused");
    assert!(read_envelopes > inputs.count / 10 && refused > inputs.count / 10);
}

#[test]
fn claims_cost_nothing() {
    for claim in [&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f][..], &[0xc0, 0xc4, 0x07], &[0xff, 0x02]] {
        for which in 0..READERS {
            let (ok, peak) = measure(|| read(which, claim));
            assert!(!ok && peak <= OVERHEAD, "{peak} bytes for {claim:02x?} as {which}");
        }
    }
}

#[test]
fn a_large_message_of_empties_stays_within_budget() {
    let empties = encode(&vec![Vec::<u8>::new(); 1 << 20]).unwrap();
    for which in [1, 2, 3, 7] {
        let (_, peak) = measure(|| read(which, &empties));
        assert!(peak <= COST * empties.len(), "{peak} bytes for {} as {which}", empties.len());
    }
    assert!(read(1, &empties));
}

#[test]
fn a_small_message_cannot_make_millions_of_nothings() {
    let five_million = encode(&5_000_000_u64).unwrap();
    for kind in [kind::<LinkedList<()>>(&five_million), kind::<BTreeSet<()>>(&five_million)] {
        assert_eq!(kind, Some(DecodeErrorKind::TooManyElements));
    }
}

#[test]
fn a_deep_message_ends_in_an_error_on_a_small_stack() {
    let read = || {
        let deep = vec![1; 2 << 20];
        assert_eq!(kind::<Tree>(&deep), Some(DecodeErrorKind::TooDeep));
        assert_eq!(kind::<Chain>(&deep), Some(DecodeErrorKind::TooDeep));
    };
    std::thread::Builder::new().stack_size(256 << 10).spawn(read).unwrap().join().unwrap();
}

fn kind<T: DeserializeOwned>(bytes: &[u8]) -> Option<DecodeErrorKind> {
    decode::<T>(bytes).err().map(|error| error.kind().clone())
}

/// A type that branches at every level.
#[derive(Debug, Serialize, Deserialize)]
enum Tree {
    Leaf,
    One(Box<Self>),
    Many(Vec<Self>),
    Named { name: String, left: Option<Box<Self>>, right: Option<Box<Self>> },
}

/// A type that nests through nothing but options.
#[derive(Debug, Serialize, Deserialize)]
struct Chain(Option<Box<Self>>);

const READERS: usize = 8;

/// Reads bytes as one of the nasty types; whether they were one.
fn read(which: usize, bytes: &[u8]) -> bool {
    fn one<T: DeserializeOwned>(bytes: &[u8]) -> bool {
        match decode::<T>(bytes) {
            Ok(_) => true,
            Err(error) => {
                assert!(error.to_string().len() < 400);
                false
            }
        }
    }
    match which % READERS {
        0 => one::<LinkedList<()>>(bytes),
        1 => one::<Vec<Vec<u8>>>(bytes),
        2 => one::<Tree>(bytes),
        3 => one::<HashMap<String, Vec<String>>>(bytes),
        4 => one::<BTreeSet<()>>(bytes),
        5 => one::<Chain>(bytes),
        6 => one::<Vec<(String, Option<u64>, char, bool)>>(bytes),
        _ => one::<Vec<Vec<Vec<[u64; 4]>>>>(bytes),
    }
}

/// A good value of each nasty type, in the order of [`read`].
fn samples() -> Vec<Bytes> {
    let leaf = || Some(Box::new(Tree::Leaf));
    let tree = Tree::Many(vec![
        Tree::One(Box::new(Tree::Named { name: "oak".into(), left: leaf(), right: None })),
        Tree::Many(vec![Tree::Leaf, Tree::Named { name: String::new(), left: None, right: leaf() }]),
    ]);
    let chain = (0..12).fold(Chain(None), |chain, _| Chain(Some(Box::new(chain))));
    let words = |n: usize| (0..n).map(|i| "word".repeat(i)).collect::<Vec<_>>();
    let table: HashMap<String, Vec<String>> = (0..4).map(|i| (i.to_string(), words(i))).collect();
    vec![
        encode(&vec![(); 40]),
        encode(&vec![vec![], vec![1_u8; 30], vec![], vec![2; 5], vec![], vec![]]),
        encode(&tree),
        encode(&table),
        encode(&BTreeSet::from([()])),
        encode(&chain),
        encode(&vec![("a", Some(1_u64 << 50), 'ß', true), ("", None, 'x', false)]),
        encode(&vec![vec![vec![[1_u64, 2, 300, 4]; 2]; 2], vec![], vec![vec![]]]),
    ]
    .into_iter()
    .map(Result::unwrap)
    .collect()
}

/// Good batches, with every subject and every sample as payloads.
fn batches() -> Vec<Bytes> {
    let subjects = [
        (Subject::Ask, 0),
        (Subject::Tell, 0),
        (Subject::Control, 0),
        (Subject::Reply, 0),
        (Subject::Failure, 0),
        (Subject::Chunk, FLAG_LAST),
        (Subject::Credit, 0),
        (Subject::Node, 0),
    ];
    let samples = samples();
    (0..subjects.len())
        .map(|first| {
            let mut out = BytesMut::new();
            begin_batch(&mut out);
            for n in first..(first + 1 + first % 3) {
                let (subject, flags) = subjects[n % subjects.len()];
                let header = Header { flags, tag: n as u32, request: 7, ..Header::new(subject, ActorId::ARBITER) };
                envelope(&mut out, &header, |payload| {
                    payload.put_raw(&samples[n % samples.len()]);
                    Ok(())
                })
                .unwrap();
            }
            out.freeze()
        })
        .collect()
}

/// Mutations of good inputs, from a seed.
struct Inputs {
    random: u64,
    good: Vec<Bytes>,
    count: u64,
    left: u64,
    buffer: Vec<u8>,
}

impl Inputs {
    fn new(name: &str, good: Vec<Bytes>) -> Self {
        let seed = number("PULSAR_SEED", 20_240_229);
        let count = number("PULSAR_INPUTS", 1_000_000);
        println!("{name}: PULSAR_SEED={seed} PULSAR_INPUTS={count}");
        Self { random: seed, good, count, left: count, buffer: Vec::with_capacity(64 << 10) }
    }

    /// The next input, and which of the good ones it was made of.
    fn next(&mut self) -> Option<(&[u8], usize)> {
        self.left = self.left.checked_sub(1)?;
        let which = self.below(self.good.len());
        self.buffer.clear();
        self.buffer.extend_from_slice(&self.good[which]);
        for _ in 0..self.below(5) {
            self.mutate();
        }
        Some((&self.buffer, which))
    }

    fn mutate(&mut self) {
        let at = self.below(self.buffer.len() + 1);
        let drawn = self.draw();
        match drawn % 8 {
            0 => self.buffer.truncate(at),
            1 => self.buffer.insert(at, (drawn >> 8) as u8),
            2 => drop(self.buffer.splice(at..at, [0xff; 9])),
            3 => {
                let zeros = (drawn >> 8) as usize % 300;
                drop(self.buffer.splice(at..at, std::iter::repeat_n((drawn >> 24) as u8 & 1, zeros)));
            }
            4 => {
                let other = self.good[(drawn >> 8) as usize % self.good.len()].clone();
                drop(self.buffer.splice(at.., other));
            }
            5 => {
                let to = at + self.below(self.buffer.len() + 1 - at);
                self.buffer.drain(at..to);
            }
            _ => {
                if let Some(byte) = self.buffer.get_mut(at) {
                    *byte ^= 1 << ((drawn >> 8) % 8);
                }
            }
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.draw() % bound as u64) as usize
    }

    /// SplitMix64.
    fn draw(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// What `work` gives, and by how much it raised this thread's memory at its peak.
fn measure<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = LIVE.get();
    PEAK.set(before);
    let value = work();
    (value, usize::try_from(PEAK.get() - before).unwrap())
}

thread_local! {
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

/// The system's allocator, counting for each thread.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

impl Counting {
    fn count(change: isize) {
        // Constant and without a destructor: neither the first use nor the last allocates.
        let live = LIVE.get() + change;
        LIVE.set(live);
        PEAK.set(PEAK.get().max(live));
    }
}

// SAFETY: every call goes to the system's allocator unchanged; counting touches only this thread's cells.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::count(layout.size() as isize);
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        Self::count(-(layout.size() as isize));
        // SAFETY: as above; `at` came from the same allocator.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Counted as a copy, which it may be: the old and the new live at once.
        Self::count(size as isize);
        Self::count(-(layout.size() as isize));
        // SAFETY: as above; `at` came from the same allocator.
        unsafe { System.realloc(at, layout, size) }
    }
}
