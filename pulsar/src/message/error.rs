//! The errors of the wire format, one an operation. Knows no byte layout.

use std::fmt;

use super::{MAX_DEPTH, Subject, Tag};

/// The longest text of another's making that an error keeps, in bytes.
const MAX_TEXT: usize = 256;

/// A value that cannot be encoded.
///
/// ```
/// # use serde::Serialize;
/// #[derive(Serialize)]
/// struct Sparse {
///     #[serde(skip_serializing_if = "Option::is_none")]
///     note: Option<String>,
/// }
/// let error = pulsar::message::encode(&Sparse { note: None }).unwrap_err();
/// assert!(error.to_string().contains("skip_serializing_if"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// A sequence or map did not say how long it is, as `#[serde(flatten)]` makes of a struct.
    UnknownLength,
    /// The field of this name was left out, as `#[serde(skip_serializing_if)]` does.
    SkippedField(&'static str),
    /// The payload is longer than an envelope can say.
    TooLarge(usize),
    /// The value refused.
    Refused(Box<str>),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownLength => f.write_str(
                "a sequence or map without a length cannot be encoded: \
                 values in messages cannot use `#[serde(flatten)]`, `#[serde(tag)]` or `#[serde(untagged)]`",
            ),
            Self::SkippedField(field) => write!(
                f,
                "the field `{field}` was left out: values in messages cannot use `#[serde(skip_serializing_if)]`"
            ),
            Self::TooLarge(len) => write!(f, "a payload of {len} bytes is more than one envelope can carry"),
            Self::Refused(text) => write!(f, "the value cannot be encoded: {text}"),
        }
    }
}

impl std::error::Error for EncodeError {}

impl serde::ser::Error for EncodeError {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self::Refused(short(text))
    }
}

impl From<postcard::Error> for EncodeError {
    fn from(error: postcard::Error) -> Self {
        Self::Refused(short(error))
    }
}

/// Bytes that are not the value that was expected.
///
/// ```
/// use pulsar::message::{DecodeErrorKind, decode};
/// let error = decode::<u8>(&[1, 2, 3]).unwrap_err();
/// assert_eq!(error.kind(), &DecodeErrorKind::TrailingBytes(2));
/// assert_eq!(error.to_string(), "2 trailing bytes after the value");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    kind: DecodeErrorKind,
}

/// What is wrong with bytes that could not be decoded.
///
/// ```
/// use pulsar::message::{DecodeErrorKind, decode};
/// #[derive(Debug, serde::Deserialize)]
/// struct List(Option<Box<List>>);
/// let error = decode::<List>(&[1; 100]).unwrap_err();
/// assert_eq!(error.kind(), &DecodeErrorKind::TooDeep);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The actor has no command with this tag.
    UnknownCommand(Tag),
    /// So many bytes are left after the value.
    TrailingBytes(usize),
    /// Values nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// More elements in sequences and maps than the bytes received can hold.
    TooManyElements,
    /// The type needs a self-describing format, as some serde attributes make it.
    Unsupported,
    /// Anything else, in words.
    Malformed(Box<str>),
}

impl DecodeError {
    /// What is wrong.
    pub fn kind(&self) -> &DecodeErrorKind {
        &self.kind
    }

    /// The error of a dispatcher that knows no command with this tag.
    pub fn unknown_command(tag: Tag) -> Self {
        DecodeErrorKind::UnknownCommand(tag).into()
    }

    /// An error in words.
    pub fn malformed(text: impl fmt::Display) -> Self {
        DecodeErrorKind::Malformed(short(text)).into()
    }
}

impl From<DecodeErrorKind> for DecodeError {
    fn from(kind: DecodeErrorKind) -> Self {
        Self { kind }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            DecodeErrorKind::UnknownCommand(tag) => write!(f, "unknown command {tag:#010x}"),
            DecodeErrorKind::TrailingBytes(1) => f.write_str("1 trailing byte after the value"),
            DecodeErrorKind::TrailingBytes(count) => write!(f, "{count} trailing bytes after the value"),
            DecodeErrorKind::TooDeep => write!(f, "values nested more than {MAX_DEPTH} deep"),
            DecodeErrorKind::TooManyElements => f.write_str("more elements than the bytes received can hold"),
            DecodeErrorKind::Unsupported => f.write_str(
                "the type cannot be decoded from a compact format: values in messages cannot use \
                 `#[serde(flatten)]`, `#[serde(tag)]` or `#[serde(untagged)]`",
            ),
            DecodeErrorKind::Malformed(text) => write!(f, "malformed value: {text}"),
        }
    }
}

impl std::error::Error for DecodeError {}

impl serde::de::Error for DecodeError {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self::malformed(text)
    }
}

impl From<postcard::Error> for DecodeError {
    fn from(error: postcard::Error) -> Self {
        use postcard::Error;
        Self::malformed(match error {
            Error::DeserializeUnexpectedEnd => "it ends too early",
            Error::DeserializeBadVarint => "a number does not end where it must",
            Error::DeserializeBadBool => "a bool is neither 0 nor 1",
            Error::DeserializeBadChar => "a char is no character",
            Error::DeserializeBadUtf8 => "a text is not UTF-8",
            Error::DeserializeBadOption => "an option is neither 0 nor 1",
            Error::WontImplement => return DecodeErrorKind::Unsupported.into(),
            other => return Self::malformed(other),
        })
    }
}

/// A batch that is not what this version of the wire format allows. Its sender is not to be trusted further.
///
/// ```
/// use pulsar::message::{FrameError, Limits, envelopes};
/// let error = envelopes(vec![9].into(), &Limits::default()).unwrap_err();
/// assert_eq!(error, FrameError::Version(9));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameError {
    /// A frame without even a version.
    Empty,
    /// A version of the format that this program does not speak.
    Version(u8),
    /// No subject has this number.
    Subject(u8),
    /// Flags that this subject does not have.
    Flags {
        /// The envelope's subject.
        subject: Subject,
        /// All its flags.
        flags: u8,
    },
    /// The batch ends within a header, of which so many bytes are there.
    ShortHeader(usize),
    /// A payload above the limit of its subject.
    TooLong {
        /// The envelope's subject.
        subject: Subject,
        /// The length it claims.
        len: u32,
        /// The length it may have.
        limit: usize,
    },
    /// A payload that claims to reach past the end of the batch.
    PastEnd {
        /// The length it claims.
        len: u32,
        /// The bytes that are left.
        left: usize,
    },
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Empty => f.write_str("an empty frame"),
            Self::Version(version) => write!(f, "wire format version {version} is not spoken here"),
            Self::Subject(number) => write!(f, "no subject has the number {number}"),
            Self::Flags { subject, flags } => write!(f, "flags {flags:#04x} mean nothing for {subject}"),
            Self::ShortHeader(len) => write!(f, "the frame ends {len} bytes into a header"),
            Self::TooLong { subject, len, limit } => {
                write!(f, "a payload of {len} bytes for {subject}, where {limit} are allowed")
            }
            Self::PastEnd { len, left } => {
                write!(f, "a payload claims {len} bytes where the frame has {left} left")
            }
        }
    }
}

impl std::error::Error for FrameError {}

/// The text, cut where it grows long: it may quote a hostile peer.
fn short(text: impl fmt::Display) -> Box<str> {
    let mut text = text.to_string();
    if text.len() > MAX_TEXT {
        let cut = (0..=MAX_TEXT).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(cut);
        text.push_str("...");
    }
    text.into()
}
