//! Values to bytes and back: the two ends of postcard as the rest of the crate sees it, and tags made of names.
//!
//! Owns the entry points. Must not know envelopes, frames or what a value means.

use bytes::{Bytes, BytesMut};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::bounded::Bounded;
use super::strict::{self, Strict};
use super::{DecodeError, DecodeErrorKind, EncodeError};

/// Appends values to a buffer, one after the other, without a copy between.
///
/// ```
/// use bytes::BytesMut;
/// use pulsar::message::{Decoder, Encoder};
///
/// let mut out = BytesMut::new();
/// let mut encoder = Encoder::new(&mut out);
/// encoder.put(&7_u32).unwrap();
/// encoder.put("seven").unwrap();
///
/// let mut decoder = Decoder::new(&out);
/// assert_eq!(decoder.take::<u32>().unwrap(), 7);
/// assert_eq!(decoder.take::<&str>().unwrap(), "seven");
/// decoder.finish().unwrap();
/// ```
#[derive(Debug)]
pub struct Encoder<'a> {
    out: &'a mut BytesMut,
}

impl<'a> Encoder<'a> {
    /// An encoder that appends to `out`.
    pub fn new(out: &'a mut BytesMut) -> Self {
        Self { out }
    }

    /// Appends a value. After an error the buffer's end is not to be used.
    ///
    /// # Errors
    ///
    /// [`EncodeError`]: the value could not be read back, or refuses.
    pub fn put<T>(&mut self, value: &T) -> Result<(), EncodeError>
    where
        T: Serialize + ?Sized,
    {
        value.serialize(&mut Strict::new(self.out))
    }

    /// Appends bytes as they are, without a length.
    pub fn put_raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }
}

/// Takes values from bytes that nobody vouches for.
///
/// Depth and the number of elements are bounded over all values together; see [`MAX_DEPTH`](super::MAX_DEPTH)
/// and [`ELEMENT_ALLOWANCE`](super::ELEMENT_ALLOWANCE).
///
/// ```
/// use pulsar::message::{DecodeErrorKind, Decoder};
///
/// let claim = [0xff, 0xff, 0xff, 0xff, 0x0f]; // four thousand million units in five bytes
/// let error = Decoder::new(&claim).take::<Vec<()>>().unwrap_err();
/// assert_eq!(error.kind(), &DecodeErrorKind::TooManyElements);
/// ```
#[derive(Debug)]
pub struct Decoder<'de> {
    bounded: Bounded<'de>,
}

impl<'de> Decoder<'de> {
    /// A decoder of `bytes`.
    pub fn new(bytes: &'de [u8]) -> Self {
        Self { bounded: Bounded::new(bytes) }
    }

    /// Takes the next value. After an error nothing further is to be taken.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]: the bytes are not such a value.
    pub fn take<T>(&mut self) -> Result<T, DecodeError>
    where
        T: Deserialize<'de>,
    {
        T::deserialize(&mut self.bounded)
    }

    /// The bytes that have not been taken.
    pub fn rest(&self) -> &'de [u8] {
        self.bounded.rest()
    }

    /// Ends decoding, and refuses bytes that are left.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with [`DecodeErrorKind::TrailingBytes`].
    pub fn finish(self) -> Result<(), DecodeError> {
        match self.rest().len() {
            0 => Ok(()),
            left => Err(DecodeErrorKind::TrailingBytes(left).into()),
        }
    }
}

/// One value as bytes.
///
/// ```
/// use pulsar::message::{decode, encode};
/// let bytes = encode(&("Ada", 36)).unwrap();
/// assert_eq!(decode::<(String, i32)>(&bytes).unwrap(), ("Ada".to_string(), 36));
/// ```
///
/// # Errors
///
/// [`EncodeError`]: the value could not be read back, or refuses.
pub fn encode<T>(value: &T) -> Result<Bytes, EncodeError>
where
    T: Serialize + ?Sized,
{
    let mut out = BytesMut::new();
    strict::encode(value, &mut out)?;
    Ok(out.freeze())
}

/// The one value that all of `bytes` are.
///
/// # Errors
///
/// [`DecodeError`]: the bytes are not such a value, or more than one.
///
/// ```
/// use pulsar::message::decode;
/// assert_eq!(decode::<bool>(&[1]), Ok(true));
/// assert!(decode::<bool>(&[2]).is_err());
/// ```
pub fn decode<T>(bytes: &[u8]) -> Result<T, DecodeError>
where
    T: DeserializeOwned,
{
    let mut decoder = Decoder::new(bytes);
    let value = decoder.take()?;
    decoder.finish()?;
    Ok(value)
}

/// The number that names a command on the wire.
///
/// ```
/// const ADD: pulsar::message::Tag = pulsar::message::tag("add");
/// ```
pub type Tag = u32;

/// The tag of a name: FNV-1a of 32 bits, so that it does not depend on the order of commands.
///
/// ```
/// assert_eq!(pulsar::message::tag(""), 0x811c_9dc5);
/// assert_eq!(pulsar::message::tag("a"), 0xe40c_292c);
/// ```
pub const fn tag(name: &str) -> Tag {
    let bytes = name.as_bytes();
    let mut hash: u32 = 0x811c_9dc5;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    hash
}

/// Mixes a text into a fingerprint: FNV-1a of 64 bits. A seed of 0 begins a new one.
///
/// A separator follows each text, so that chained texts cannot run into each other.
///
/// ```
/// use pulsar::message::fingerprint;
/// const KEY: u64 = fingerprint(fingerprint(0, "add"), "n: u64");
/// assert_ne!(KEY, fingerprint(fingerprint(0, "addn"), ": u64"));
/// ```
pub const fn fingerprint(seed: u64, text: &str) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let bytes = text.as_bytes();
    let mut hash = if seed == 0 { 0xcbf2_9ce4_8422_2325 } else { seed };
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(PRIME);
        at += 1;
    }
    // No UTF-8 text holds this byte.
    (hash ^ 0xff).wrapping_mul(PRIME)
}
