//! A deserializer in front of postcard's that bounds depth, elements and preallocation.
//!
//! Postcard reads the numbers and texts; the shape of compound values is read here, where it can be counted.
//! Must not know envelopes.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, IntoDeserializer, Visitor};

use super::{DecodeError, DecodeErrorKind};

/// How deep compound values may be nested: structs, enums, options, sequences and maps each count as one.
///
/// ```
/// assert_eq!(pulsar::message::MAX_DEPTH, 64);
/// ```
pub const MAX_DEPTH: u32 = 64;

/// How many elements sequences and maps may hold beyond one for each byte received.
///
/// An element of a type that takes no bytes, such as `()`, would otherwise cost its sender nothing.
///
/// ```
/// use pulsar::message::{ELEMENT_ALLOWANCE, decode, encode};
/// let units = encode(&vec![(); ELEMENT_ALLOWANCE]).unwrap();
/// assert!(decode::<Vec<()>>(&units).is_ok());
/// ```
pub const ELEMENT_ALLOWANCE: usize = 256;

/// A deserializer of bytes that nobody vouches for.
pub(super) struct Bounded<'de> {
    rest: &'de [u8],
    depth: u32,
    elements: usize,
}

impl fmt::Debug for Bounded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bounded").field("left", &self.rest.len()).field("elements", &self.elements).finish()
    }
}

impl<'de> Bounded<'de> {
    pub(super) fn new(bytes: &'de [u8]) -> Self {
        Self { rest: bytes, depth: MAX_DEPTH, elements: bytes.len().saturating_add(ELEMENT_ALLOWANCE) }
    }

    pub(super) fn rest(&self) -> &'de [u8] {
        self.rest
    }

    /// Reads what postcard decodes by itself: anything that is not compound.
    #[inline]
    fn plain<T: Deserialize<'de>>(&mut self) -> Result<T, DecodeError> {
        let (value, rest) = postcard::take_from_bytes(self.rest)?;
        self.rest = rest;
        Ok(value)
    }

    /// Reads the length of a sequence or map. What it claims is charged before anything is read or allocated,
    /// so that all claims together stay within what was received.
    #[inline]
    fn length(&mut self) -> Result<usize, DecodeError> {
        let len = self.plain::<usize>()?;
        self.elements = self.elements.checked_sub(len).ok_or(DecodeErrorKind::TooManyElements)?;
        Ok(len)
    }

    /// Reads something one level deeper.
    #[inline]
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, DecodeError>) -> Result<T, DecodeError> {
        self.depth = self.depth.checked_sub(1).ok_or(DecodeErrorKind::TooDeep)?;
        let value = read(self);
        self.depth += 1;
        value
    }

    #[inline]
    fn elements<V: Visitor<'de>>(&mut self, left: usize, visitor: V) -> Result<V::Value, DecodeError> {
        self.deeper(|input| visitor.visit_seq(Elements { input, left }))
    }
}

macro_rules! plain {
    ($($name:ident: $visit:ident,)*) => {
        $(#[inline]
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            visitor.$visit(self.plain()?)
        })*
    };
}

impl<'de> de::Deserializer<'de> for &mut Bounded<'de> {
    type Error = DecodeError;

    plain! {
        deserialize_bool: visit_bool,
        deserialize_i8: visit_i8,
        deserialize_i16: visit_i16,
        deserialize_i32: visit_i32,
        deserialize_i64: visit_i64,
        deserialize_i128: visit_i128,
        deserialize_u16: visit_u16,
        deserialize_u32: visit_u32,
        deserialize_u64: visit_u64,
        deserialize_u128: visit_u128,
        deserialize_f32: visit_f32,
        deserialize_f64: visit_f64,
        deserialize_char: visit_char,
        deserialize_str: visit_borrowed_str,
        deserialize_string: visit_borrowed_str,
        deserialize_bytes: visit_borrowed_bytes,
        deserialize_byte_buf: visit_borrowed_bytes,
    }

    /// As it is: sequences of bytes are many.
    #[inline(always)]
    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let (&value, rest) = self.rest.split_first().ok_or(postcard::Error::DeserializeUnexpectedEnd)?;
        self.rest = rest;
        visitor.visit_u8(value)
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, DecodeError> {
        Err(DecodeErrorKind::Unsupported.into())
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, DecodeError> {
        Err(DecodeErrorKind::Unsupported.into())
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, DecodeError> {
        Err(DecodeErrorKind::Unsupported.into())
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.plain::<u8>()? {
            0 => visitor.visit_none(),
            1 => self.deeper(|input| visitor.visit_some(input)),
            _ => Err(postcard::Error::DeserializeBadOption.into()),
        }
    }

    #[inline]
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    #[inline]
    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deeper(|input| visitor.visit_newtype_struct(input))
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let len = self.length()?;
        self.elements(len, visitor)
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, DecodeError> {
        self.elements(len, visitor)
    }

    #[inline]
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.elements(len, visitor)
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let left = self.length()?;
        self.deeper(|input| visitor.visit_map(Elements { input, left }))
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.elements(fields.len(), visitor)
    }

    #[inline]
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deeper(|input| visitor.visit_enum(input))
    }
}

/// What is left of a sequence, tuple or map.
struct Elements<'a, 'de> {
    input: &'a mut Bounded<'de>,
    left: usize,
}

impl<'de> Elements<'_, 'de> {
    #[inline(always)]
    fn next<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                seed.deserialize(&mut *self.input).map(Some)
            }
            None => Ok(None),
        }
    }

    /// What may be preallocated: never more elements than there are bytes left.
    #[inline]
    fn hint(&self) -> Option<usize> {
        Some(self.left.min(self.input.rest.len()))
    }
}

impl<'de> de::SeqAccess<'de> for Elements<'_, 'de> {
    type Error = DecodeError;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        self.next(seed)
    }

    // As it would be, but for its being a call for each byte of an array.
    #[inline(always)]
    fn next_element<T: Deserialize<'de>>(&mut self) -> Result<Option<T>, DecodeError> {
        self.next(PhantomData)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.hint()
    }
}

impl<'de> de::MapAccess<'de> for Elements<'_, 'de> {
    type Error = DecodeError;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        self.next(seed)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, DecodeError> {
        seed.deserialize(&mut *self.input)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.hint()
    }
}

impl<'de> de::EnumAccess<'de> for &mut Bounded<'de> {
    type Error = DecodeError;
    type Variant = Self;

    #[inline]
    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), DecodeError> {
        let index = self.plain::<u32>()?;
        let value = seed.deserialize(IntoDeserializer::<DecodeError>::into_deserializer(index))?;
        Ok((value, self))
    }
}

impl<'de> de::VariantAccess<'de> for &mut Bounded<'de> {
    type Error = DecodeError;

    #[inline]
    fn unit_variant(self) -> Result<(), DecodeError> {
        Ok(())
    }

    #[inline]
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, DecodeError> {
        seed.deserialize(self)
    }

    #[inline]
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, DecodeError> {
        self.elements(len, visitor)
    }

    #[inline]
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.elements(fields.len(), visitor)
    }
}
