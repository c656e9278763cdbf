//! Parameters out of JSON, by place or by name. Whatever is wrong with them is said with the parameter's name.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::command::Descriptor;
use crate::plural::count;

/// The longest text about one parameter, in bytes: it may quote what it was given.
const MAX_TEXT: usize = 256;

/// Parameters that are not those of the command.
///
/// ```no_run
/// # async fn doc(counter: pulsar::Proxy) {
/// use pulsar::CallError;
///
/// match counter.call("add", serde_json::json!(["x"])).await {
///     // parameter `n` of `add`: invalid type: string "x", expected u64
///     Err(CallError::Params(error)) => assert_eq!(error.parameter(), Some("n")),
///     _ => {}
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamError {
    parameter: Option<String>,
    text: String,
}

impl ParamError {
    /// The parameter that is wrong, missing or not known; `None` where it is none in particular.
    pub fn parameter(&self) -> Option<&str> {
        self.parameter.as_deref()
    }

    pub(crate) fn all(text: impl fmt::Display) -> Self {
        Self { parameter: None, text: short(text.to_string()) }
    }

    fn of(parameter: &str, text: String) -> Self {
        Self { parameter: Some(short(parameter.to_string())), text: short(text) }
    }
}

impl fmt::Display for ParamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for ParamError {}

/// The parameters of one call, taken in the order in which the command declares them.
#[doc(hidden)]
#[derive(Debug)]
pub struct JsonParams<'a> {
    command: &'static Descriptor,
    given: Given<'a>,
    next: usize,
}

#[derive(Debug)]
enum Given<'a> {
    ByPlace(Vec<&'a RawValue>),
    ByName(Pairs<'a>),
}

impl<'a> JsonParams<'a> {
    /// What `take` makes of the parameters that the text `given` has for `command`: an array, an object, or `null` for none.
    pub(super) fn read<T>(
        command: &'static Descriptor,
        given: &'a RawValue,
        take: impl FnOnce(&mut Self) -> Result<T, ParamError>,
    ) -> Result<T, ParamError> {
        let given = match given.get().bytes().next() {
            Some(b'[') => Given::ByPlace(serde_json::from_str(given.get()).map_err(ParamError::all)?),
            Some(b'{') => Given::ByName(serde_json::from_str(given.get()).map_err(ParamError::all)?),
            Some(b'n') => Given::ByPlace(Vec::new()),
            _ => {
                let text = format!("the parameters of `{}` are an array or an object", command.name);
                return Err(ParamError::all(text));
            }
        };
        let mut params = Self { command, given, next: 0 };
        params.check()?;
        take(&mut params)
    }

    /// Whether there is more than it takes.
    fn check(&self) -> Result<(), ParamError> {
        let (name, known) = (self.command.name, self.command.params);
        match &self.given {
            Given::ByPlace(given) if given.len() > known.len() => {
                let takes = count(known.len(), "parameter");
                Err(ParamError::all(format!("`{name}` takes {takes}, not {}", given.len())))
            }
            Given::ByPlace(_) => Ok(()),
            Given::ByName(Pairs(pairs)) => {
                for (at, (key, _)) in pairs.iter().enumerate() {
                    if !known.iter().any(|param| param.name == key) {
                        let takes: Vec<_> = known.iter().map(|param| format!("`{}`", param.name)).collect();
                        let takes = if takes.is_empty() { "none".to_string() } else { takes.join(", ") };
                        let text = format!("`{name}` has no parameter `{}`: it takes {takes}", quoted(key));
                        return Err(ParamError::of(key, text));
                    }
                    // No command has so many parameters that this matters.
                    if pairs.iter().take(at).any(|(other, _)| other == key) {
                        return Err(ParamError::of(key, format!("parameter `{key}` of `{name}` is given twice")));
                    }
                }
                Ok(())
            }
        }
    }

    /// The next of them.
    pub fn take<T: DeserializeOwned>(&mut self) -> Result<T, ParamError> {
        let (at, command) = (self.next, self.command.name);
        self.next += 1;
        let name = self.command.params.get(at).map_or("", |param| param.name);
        let given = match &self.given {
            Given::ByPlace(given) => given.get(at).copied(),
            Given::ByName(Pairs(given)) => given.iter().find(|(key, _)| key == name).map(|(_, value)| *value),
        };
        match given {
            Some(given) => serde_json::from_str(given.get()).map_err(|error| {
                ParamError::of(name, format!("parameter `{name}` of `{command}`: {}", without_place(&error)))
            }),
            // What may be null may be left out.
            None => serde_json::from_str("null")
                .map_err(|_| ParamError::of(name, format!("parameter `{name}` of `{command}` is missing"))),
        }
    }
}

/// The members of an object as they stand, repeated ones too.
#[derive(Debug)]
struct Pairs<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// What is wrong, without the line and the column, which are those of the one value.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).map(str::to_string).unwrap_or(text)
}

fn quoted(text: &str) -> String {
    short(text.to_string())
}

fn short(mut text: String) -> String {
    if text.len() > MAX_TEXT {
        let cut = (0..=MAX_TEXT).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(cut);
        text.push_str("...");
    }
    text
}
