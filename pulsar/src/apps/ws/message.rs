//! What is sent and received. Knows nothing of frames.

use std::{fmt, ops::Deref};

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tokio_tungstenite::tungstenite::{self, Utf8Bytes};

/// A message. Cheap to clone, and a value that actors may send each other.
///
/// It is pulsar's own type: pings, pongs and closes are the session's affair, and how the library beneath names things is nobody's else.
///
/// ```
/// use pulsar::ws::Message;
/// assert_eq!(Message::from("hello"), Message::text("hello"));
/// assert_eq!(Message::from(vec![1, 2, 3]).len(), 3);
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum Message {
    /// UTF-8, and known to be.
    Text(Text),
    /// Bytes.
    Binary(Bytes),
}

impl Message {
    /// A text.
    ///
    /// ```
    /// assert_eq!(pulsar::ws::Message::text("hello").as_text(), Some("hello"));
    /// ```
    pub fn text(text: impl Into<Text>) -> Self {
        Self::Text(text.into())
    }

    /// Bytes.
    ///
    /// ```
    /// assert_eq!(pulsar::ws::Message::binary(&b"hello"[..]).as_text(), None);
    /// ```
    pub fn binary(bytes: impl Into<Bytes>) -> Self {
        Self::Binary(bytes.into())
    }

    /// Its length in bytes.
    ///
    /// ```
    /// assert_eq!(pulsar::ws::Message::text("é").len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether it says nothing.
    ///
    /// ```
    /// assert!(pulsar::ws::Message::text("").is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// The text, if it is one.
    ///
    /// ```
    /// assert_eq!(pulsar::ws::Message::from(vec![1]).as_text(), None);
    /// ```
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Binary(_) => None,
        }
    }

    /// What it holds.
    ///
    /// ```
    /// assert_eq!(pulsar::ws::Message::text("hello").as_bytes(), b"hello");
    /// ```
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// What comes out of the library, if it is for the user.
    pub(super) fn read(message: tungstenite::Message) -> Option<Self> {
        match message {
            tungstenite::Message::Text(text) => Some(Self::Text(Text(text))),
            tungstenite::Message::Binary(bytes) => Some(Self::Binary(bytes)),
            _ => None,
        }
    }
}

impl From<Message> for tungstenite::Message {
    fn from(message: Message) -> Self {
        match message {
            Message::Text(text) => Self::Text(text.0),
            Message::Binary(bytes) => Self::Binary(bytes),
        }
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<Text> for Message {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl From<Bytes> for Message {
    fn from(bytes: Bytes) -> Self {
        Self::Binary(bytes)
    }
}

impl From<Vec<u8>> for Message {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Binary(bytes.into())
    }
}

/// A text that is shared, not copied, when it is cloned. It is read as a `str`.
///
/// ```
/// let text = pulsar::ws::Text::from("hello");
/// assert!(text.starts_with("hell"));
/// ```
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Text(Utf8Bytes);

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.as_str()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}
