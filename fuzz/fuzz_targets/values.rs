//! Any bytes as each of some nasty types: `cargo +nightly fuzz run values -- -rss_limit_mb=256`.
#![no_main]

use std::collections::{BTreeSet, HashMap, LinkedList};

use libfuzzer_sys::fuzz_target;
use pulsar::message::{decode, encode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Tree {
    Leaf,
    One(Box<Self>),
    Many(Vec<Self>),
    Named { name: String, left: Option<Box<Self>>, right: Option<Box<Self>> },
}

fuzz_target!(|bytes: &[u8]| {
    let Some((which, bytes)) = bytes.split_first() else { return };
    match which % 6 {
        0 => read::<LinkedList<()>>(bytes),
        1 => read::<Vec<Vec<u8>>>(bytes),
        2 => read::<Tree>(bytes),
        3 => read::<HashMap<String, Vec<String>>>(bytes),
        4 => read::<BTreeSet<()>>(bytes),
        _ => read::<Vec<(char, Option<i128>, bool, Result<u8, String>)>>(bytes),
    }
});

/// Reads a value; one that was read goes there and back.
fn read<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(bytes: &[u8]) {
    if let Ok(value) = decode::<T>(bytes) {
        let again = encode(&value).expect("what was read can be written");
        // Fewer bytes, from a number written longer than it must be, allow fewer elements without bytes.
        if again.len() >= bytes.len() {
            assert_eq!(decode::<T>(&again).expect("what was written can be read"), value);
        }
    }
}
