//! Bytes into requests of JSON-RPC. Pure; must not know what is called.
//!
//! Values are kept as the text that they were: an id goes back as it came, and parameters are read by whoever knows their types.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// What came.
#[derive(Debug)]
pub(super) enum Document<'a> {
    /// It is no JSON.
    Malformed,
    /// An empty batch.
    Nothing,
    /// A batch of more than is allowed.
    TooMany,
    One(Incoming<'a>),
    Batch(Vec<Incoming<'a>>),
}

/// One of the requests.
#[derive(Debug)]
pub(super) enum Incoming<'a> {
    Call {
        method: Cow<'a, str>,
        params: Option<&'a RawValue>,
        id: &'a RawValue,
    },
    /// Nothing is answered.
    Notification {
        method: Cow<'a, str>,
        params: Option<&'a RawValue>,
    },
    /// It is no request; the id is there where it has one that could be told.
    Invalid(Option<&'a RawValue>),
}

/// Reads what came; of a batch at most `max_batch`.
pub(super) fn read(bytes: &[u8], max_batch: usize) -> Document<'_> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Document::Malformed };
    if !text.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('[') {
        return match serde_json::from_str::<&RawValue>(text) {
            Ok(value) => Document::One(Incoming::read(value)),
            Err(_) => Document::Malformed,
        };
    }
    let mut parser = serde_json::Deserializer::from_str(text);
    let read = parser.deserialize_seq(Items { max: max_batch }).and_then(|items| parser.end().map(|()| items));
    match read {
        Err(_) => Document::Malformed,
        Ok(None) => Document::TooMany,
        Ok(Some(items)) if items.is_empty() => Document::Nothing,
        Ok(Some(items)) => Document::Batch(items.into_iter().map(Incoming::read).collect()),
    }
}

impl<'a> Incoming<'a> {
    fn read(value: &'a RawValue) -> Self {
        let Ok(members) = serde_json::from_str::<Members<'a>>(value.get()) else { return Self::Invalid(None) };
        let Members { version, method, params, id, repeated } = members;
        let told = id.filter(|id| match first(id) {
            b'{' | b'[' | b't' | b'f' => false,
            // Half a surrogate pair is no text, and would be none in the answer.
            b'"' => text(id).is_some(),
            _ => true,
        });
        let valid = !repeated
            && version.and_then(text).is_some_and(|version| version == "2.0")
            && params.is_none_or(|params| matches!(first(params), b'{' | b'['))
            && id.is_some() == told.is_some();
        match (method.and_then(text).filter(|_| valid), told) {
            (Some(method), Some(id)) => Self::Call { method, params, id },
            (Some(method), None) => Self::Notification { method, params },
            (None, told) => Self::Invalid(told.filter(|_| !repeated)),
        }
    }
}

/// The first byte of a value, which says what it is.
fn first(value: &RawValue) -> u8 {
    value.get().bytes().next().unwrap_or_default()
}

fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    serde_json::from_str::<Text<'_>>(value.get()).ok().map(|text| text.0)
}

/// The elements of an array, if they are not too many.
struct Items {
    max: usize,
}

impl<'de> Visitor<'de> for Items {
    type Value = Option<Vec<&'de RawValue>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Self::Value, S::Error> {
        let mut items = Vec::new();
        while items.len() < self.max {
            match seq.next_element()? {
                Some(item) => items.push(item),
                None => return Ok(Some(items)),
            }
        }
        if seq.next_element::<IgnoredAny>()?.is_none() {
            return Ok(Some(items));
        }
        // Whether it is JSON at all is still to be found out.
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// The members of an object that mean something here.
#[derive(Default)]
struct Members<'a> {
    version: Option<&'a RawValue>,
    method: Option<&'a RawValue>,
    params: Option<&'a RawValue>,
    id: Option<&'a RawValue>,
    /// One of them is there twice: which of the two is meant, nobody knows.
    repeated: bool,
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Known;

        impl<'de> Visitor<'de> for Known {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Members::default();
                while let Some((key, value)) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
                    let member = match &*key {
                        "jsonrpc" => &mut members.version,
                        "method" => &mut members.method,
                        "params" => &mut members.params,
                        "id" => &mut members.id,
                        _ => continue,
                    };
                    let before = member.replace(value);
                    members.repeated |= before.is_some();
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> String {
        match read(text.as_bytes(), 10) {
            Document::One(Incoming::Call { method, params, id }) => {
                format!("call {method} {} {id}", params.map_or("-", RawValue::get))
            }
            Document::One(Incoming::Notification { method, params }) => {
                format!("notification {method} {}", params.map_or("-", RawValue::get))
            }
            Document::One(Incoming::Invalid(id)) => format!("invalid {}", id.map_or("-", RawValue::get)),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn requests_are_told_from_what_is_none() {
        for (text, read) in [
            (r#"{"jsonrpc":"2.0","method":"a","id":1}"#, "call a - 1"),
            (
                r#" {"id":"\u0041\"","params":{"a":1},"method":"a\tb","jsonrpc":"2\u002e0","x":[]} "#,
                r#"call a	b {"a":1} "\u0041\"""#,
            ),
            (r#"{"jsonrpc":"2.0","method":"a","id":null,"params":[]}"#, "call a [] null"),
            (r#"{"jsonrpc":"2.0","method":"a","id":1e400}"#, "call a - 1e400"),
            (
                r#"{"jsonrpc":"2.0","method":"a","id":123456789012345678901234567890}"#,
                "call a - 123456789012345678901234567890",
            ),
            (r#"{"jsonrpc":"2.0","method":"a"}"#, "notification a -"),
            (r#"{"jsonrpc":"2.0","method":"a","id":{}}"#, "invalid -"),
            (r#"{"jsonrpc":"2.0","method":"a","id":[1]}"#, "invalid -"),
            (r#"{"jsonrpc":"2.0","method":"a","id":true}"#, "invalid -"),
            (r#"{"jsonrpc":"2.0","method":"a","id":"\ud800"}"#, "invalid -"),
            (r#"{"jsonrpc":"2.0","method":"a","id":1,"id":2}"#, "invalid -"),
            (r#"{"jsonrpc":"2.0","method":"a","method":"a","id":1}"#, "invalid -"),
            (r#"{"jsonrpc":"2.0","method":"a","params":[],"params":[]}"#, "invalid -"),
            (r#"{"jsonrpc":"2.0","method":"a","\u0069d":1,"id":2}"#, "invalid -"),
            (r#"{"jsonrpc":"2.0","method":1,"id":7}"#, "invalid 7"),
            (r#"{"jsonrpc":"2.0","method":"a","params":"bar","id":7}"#, "invalid 7"),
            (r#"{"jsonrpc":"2.0","method":"a","params":null}"#, "invalid -"),
            (r#"{"jsonrpc":2.0,"method":"a","id":7}"#, "invalid 7"),
            (r#"{"jsonrpc":"1.0","method":"a","id":7}"#, "invalid 7"),
            (r#"{"method":"a","id":7}"#, "invalid 7"),
            ("{}", "invalid -"),
            ("1", "invalid -"),
            ("null", "invalid -"),
            (r#""a""#, "invalid -"),
            ("", "Malformed"),
            (" ", "Malformed"),
            ("{", "Malformed"),
            ("[", "Malformed"),
            ("[1,", "Malformed"),
            ("[1] 2", "Malformed"),
            ("{} {}", "Malformed"),
            ("\u{feff}{}", "Malformed"),
            ("[]", "Nothing"),
            ("[1,1,1,1,1,1,1,1,1,1,1]", "TooMany"),
            ("[1,1,1,1,1,1,1,1,1,1,1", "Malformed"),
        ] {
            assert_eq!(one(text), read, "{text}");
        }
        assert!(matches!(read(b"\xff{}", 10), Document::Malformed));
        assert!(matches!(read(b"[1,1,1,1,1,1,1,1,1,1]", 10), Document::Batch(items) if items.len() == 10));
    }

    #[test]
    fn what_is_nested_deep_needs_no_stack() {
        for deep in ["[", "{\"a\":", "[{\"a\":["] {
            assert!(matches!(read(deep.repeat(1 << 20).as_bytes(), 10), Document::Malformed));
        }
        let deep = format!(
            r#"{{"jsonrpc":"2.0","method":"a","id":1,"params":{}{}}}"#,
            "[".repeat(1 << 20),
            "]".repeat(1 << 20)
        );
        assert!(one(&deep).starts_with("call a [[["));
    }
}
