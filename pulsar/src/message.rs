//! What travels between processes: values as bytes, envelopes around them, batches of envelopes in frames.
//!
//! Owns the wire format and its bounds. Must not know tokio, clocks, sockets, or what any message means.
//!
//! Everything that is read here may come from a broken or hostile peer, so reading never panics, never
//! recurses deeper than [`MAX_DEPTH`], and never allocates more than a small multiple of what was received.

mod bounded;
mod codec;
mod envelope;
mod error;
mod frame;
mod strict;
mod tells;

pub use bounded::{ELEMENT_ALLOWANCE, MAX_DEPTH};
pub use codec::{Decoder, Encoder, Tag, decode, encode, fingerprint, tag};
pub use envelope::{FLAG_LAST, FLAG_MORE, HEADER_LEN, Header, Subject};
pub use error::{DecodeError, DecodeErrorKind, EncodeError, FrameError};
pub(crate) use frame::{BEFORE_PAYLOAD, frame_of_one};
pub use frame::{Envelopes, Limits, OutBuffer, VERSION, begin_batch, envelope, envelopes};
pub(crate) use tells::Tells;
