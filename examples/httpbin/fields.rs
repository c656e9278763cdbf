//! Pairs of names and values as JSON: one value as it is, several of a name as a list.

use pulsar::http::{HeaderMap, Response, StatusCode, header};
use serde_json::{Map, Value};

/// The fields of a query, or of a form that came as one.
pub(crate) fn of_query(query: &[u8]) -> Value {
    collect(form_urlencoded::parse(query).map(|(name, value)| (name.into_owned(), value.into_owned())))
}

/// The headers of a request, each in its usual spelling.
pub(crate) fn of_headers(headers: &HeaderMap) -> Value {
    collect(headers.iter().map(|(name, value)| {
        let words = name.as_str().split('-').map(|word| match word.split_at_checked(1) {
            Some((first, rest)) => first.to_ascii_uppercase() + rest,
            None => String::new(),
        });
        (words.collect::<Vec<_>>().join("-"), String::from_utf8_lossy(value.as_bytes()).into_owned())
    }))
}

/// Pairs, in the order of their names.
pub(crate) fn collect(pairs: impl Iterator<Item = (String, String)>) -> Value {
    let mut fields = Map::new();
    for (name, value) in pairs {
        match fields.get_mut(&name) {
            None => drop(fields.insert(name, value.into())),
            Some(Value::Array(values)) => values.push(value.into()),
            Some(first) => *first = Value::Array(vec![first.take(), value.into()]),
        }
    }
    Value::Object(fields)
}

/// An answer in JSON that people can read.
pub(crate) fn show(value: &Value) -> Response {
    let mut response = Response::new(format!("{value:#}\n").into());
    let kind = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// An answer with this status.
pub(crate) fn with(status: StatusCode, mut response: Response) -> Response {
    *response.status_mut() = status;
    response
}
