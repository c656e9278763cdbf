//! Whether a request opens a WebSocket, and what it is told if not. Reads headers, and knows nothing of connections.

use std::fmt;

use axum::http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version,
    header::{
        ALLOW, CONNECTION, HOST, ORIGIN, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
    },
    request::Parts,
};
use axum::response::{IntoResponse, Response};

/// Why a request is no WebSocket's: the rejection of [`Upgrade`](super::Upgrade), a response with the right status.
///
/// | Status | Where |
/// | --- | --- |
/// | 400 | the key, the version or the HTTP version is missing or wrong |
/// | 403 | the [origin](super::Upgrade::same_origin) is not allowed |
/// | 405 | another method than GET |
/// | 426 | no upgrade is asked for, or another version than 13 |
/// | 503 | the worker is about to end |
///
/// ```
/// use axum::{http::StatusCode, response::{IntoResponse, Response}};
/// use pulsar::ws::{Refused, Upgrade};
///
/// async fn page_or_socket(upgrade: Result<Upgrade, Refused>) -> Response {
///     match upgrade {
///         Ok(upgrade) => upgrade.on_upgrade(async |_socket| {}),
///         Err(refused) if refused.status() == StatusCode::UPGRADE_REQUIRED => "a page".into_response(),
///         Err(refused) => refused.into_response(),
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Refused(Why);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Why {
    Method,
    HttpVersion,
    NoUpgrade,
    NoVersion,
    OtherVersion,
    Key,
    Origin,
    CannotUpgrade,
    Draining,
}

impl Refused {
    pub(super) const ORIGIN: Self = Self(Why::Origin);
    pub(super) const DRAINING: Self = Self(Why::Draining);
    pub(super) const CANNOT_UPGRADE: Self = Self(Why::CannotUpgrade);

    /// The status of the response.
    ///
    /// ```
    /// fn is_a_page(refused: &pulsar::ws::Refused) -> bool {
    ///     refused.status().as_u16() == 426
    /// }
    /// ```
    pub fn status(&self) -> StatusCode {
        match self.0 {
            Why::Method => StatusCode::METHOD_NOT_ALLOWED,
            Why::HttpVersion | Why::NoVersion | Why::Key => StatusCode::BAD_REQUEST,
            Why::NoUpgrade | Why::OtherVersion | Why::CannotUpgrade => StatusCode::UPGRADE_REQUIRED,
            Why::Origin => StatusCode::FORBIDDEN,
            Why::Draining => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Why::Method => "a WebSocket is opened with GET",
            Why::HttpVersion => "a WebSocket needs HTTP/1.1",
            Why::NoUpgrade => {
                "there is only a WebSocket here: `Connection: upgrade` and `Upgrade: websocket` are missing"
            }
            Why::NoVersion => "`Sec-WebSocket-Version` is missing",
            Why::OtherVersion => "only version 13 of WebSocket is spoken here",
            Why::Key => "`Sec-WebSocket-Key` is not one key of 16 bytes in base64",
            Why::Origin => "this origin may not open a WebSocket here",
            Why::CannotUpgrade => "this connection cannot be upgraded",
            Why::Draining => "this worker ends: another one will open it",
        })
    }
}

impl std::error::Error for Refused {}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = (self.status(), format!("{self}\n")).into_response();
        let mut set = |name: HeaderName, value| response.headers_mut().insert(name, HeaderValue::from_static(value));
        match self.status() {
            StatusCode::METHOD_NOT_ALLOWED => {
                set(ALLOW, "GET");
            }
            StatusCode::UPGRADE_REQUIRED => {
                set(SEC_WEBSOCKET_VERSION, "13");
                set(UPGRADE, "websocket");
                set(CONNECTION, "upgrade");
            }
            _ => {}
        }
        response
    }
}

/// A request that is right.
#[derive(Debug)]
pub(super) enum Opening {
    /// HTTP/1.1, with the key to prove that it was understood.
    Key(HeaderValue),
    /// Extended CONNECT of HTTP/2 (RFC 8441), which needs no proof.
    Connect,
}

/// Looks at a request.
pub(super) fn opening(parts: &Parts) -> Result<Opening, Refused> {
    let version = |headers: &HeaderMap| match single(headers, &SEC_WEBSOCKET_VERSION).map(HeaderValue::as_bytes) {
        Some(b"13") => Ok(()),
        Some(_) => Err(Refused(Why::OtherVersion)),
        None => Err(Refused(Why::NoVersion)),
    };
    if parts.version >= Version::HTTP_2 {
        let protocol = parts.extensions.get::<hyper::ext::Protocol>();
        if parts.method != Method::CONNECT || protocol.is_none_or(|protocol| protocol.as_str() != "websocket") {
            return Err(Refused(Why::NoUpgrade));
        }
        version(&parts.headers)?;
        return Ok(Opening::Connect);
    }
    if parts.method != Method::GET {
        return Err(Refused(Why::Method));
    }
    if parts.version < Version::HTTP_11 {
        return Err(Refused(Why::HttpVersion));
    }
    if !names(&parts.headers, &CONNECTION, "upgrade") || !names(&parts.headers, &UPGRADE, "websocket") {
        return Err(Refused(Why::NoUpgrade));
    }
    version(&parts.headers)?;
    let key = single(&parts.headers, &SEC_WEBSOCKET_KEY).filter(|key| is_key(key.as_bytes()));
    key.cloned().map(Opening::Key).ok_or(Refused(Why::Key))
}

/// The first of the server's subprotocols that the client offers.
pub(super) fn protocol(headers: &HeaderMap, known: &[String]) -> Option<HeaderValue> {
    let offered = |name: &str| list(headers, &SEC_WEBSOCKET_PROTOCOL).any(|offer| offer == name);
    known.iter().find(|name| offered(name)).and_then(|name| HeaderValue::from_str(name).ok())
}

/// Whether the request's `Origin` is its `Host`, or it has none.
pub(super) fn is_same_origin(parts: &Parts) -> bool {
    let Some(origin) = parts.headers.get(ORIGIN) else { return true };
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| parts.uri.authority().map(|authority| authority.as_str()));
    let of_origin = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    parts.headers.get_all(ORIGIN).iter().count() == 1
        && of_origin.zip(host).is_some_and(|(origin, host)| origin.eq_ignore_ascii_case(host))
}

/// Whether the request's `Origin` is one of these, or it has none.
pub(super) fn has_origin(parts: &Parts, allowed: &[&str]) -> bool {
    let mut origins = parts.headers.get_all(ORIGIN).iter();
    origins.all(|origin| allowed.iter().any(|allowed| origin.as_bytes().eq_ignore_ascii_case(allowed.as_bytes())))
}

/// The value of a header that is there once.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

/// The elements of a header that is a list, or several.
fn list<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

fn names(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    list(headers, name).any(|element| element.eq_ignore_ascii_case(token))
}

/// 16 bytes in base64: 22 digits, of which the last carries two bits, and two of padding.
fn is_key(key: &[u8]) -> bool {
    let digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    match key.split_last_chunk::<2>() {
        Some((digits, b"==")) => {
            digits.len() == 22 && digits.iter().all(digit) && matches!(digits.last(), Some(b'A' | b'Q' | b'g' | b'w'))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn parts(method: &str, headers: &[(&str, &str)]) -> Parts {
        let request = Request::builder().method(method).uri("/");
        headers
            .iter()
            .fold(request, |request, (name, value)| request.header(*name, *value))
            .body(())
            .unwrap()
            .into_parts()
            .0
    }

    const RIGHT: [(&str, &str); 4] = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    fn status(method: &str, headers: &[(&str, &str)]) -> u16 {
        opening(&parts(method, headers)).map_or_else(|refused| refused.status().as_u16(), |_| 101)
    }

    fn with(name: &str, value: &'static str) -> Vec<(&'static str, &'static str)> {
        RIGHT.into_iter().map(|(known, old)| (known, if known == name { value } else { old })).collect()
    }

    fn without(name: &str) -> Vec<(&'static str, &'static str)> {
        RIGHT.into_iter().filter(|(known, _)| *known != name).collect()
    }

    #[test]
    fn each_fault_has_its_status() {
        assert_eq!(status("GET", &RIGHT), 101);
        for method in ["POST", "HEAD", "PUT", "CONNECT"] {
            assert_eq!(status(method, &RIGHT), 405);
        }
        assert_eq!(status("GET", &[]), 426);
        assert_eq!(status("GET", &without("connection")), 426);
        assert_eq!(status("GET", &without("upgrade")), 426);
        assert_eq!(status("GET", &with("upgrade", "h2c")), 426);
        assert_eq!(status("GET", &without("sec-websocket-version")), 400);
        assert_eq!(status("GET", &with("sec-websocket-version", "8")), 426);
        assert_eq!(status("GET", &without("sec-websocket-key")), 400);
        for key in ["", "short==", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25j!Q==", "dGhlIHNhbXBsZSBub25jZR=="] {
            assert_eq!(status("GET", &with("sec-websocket-key", key)), 400, "{key}");
        }
        let mut twice = RIGHT.to_vec();
        twice.push(RIGHT[3]);
        assert_eq!(status("GET", &twice), 400);
    }

    #[test]
    fn the_servers_first_subprotocol_is_chosen() {
        let parts = parts("GET", &[("sec-websocket-protocol", "a, b"), ("sec-websocket-protocol", "c")]);
        let choose = |known: &[&str]| {
            let known: Vec<_> = known.iter().map(ToString::to_string).collect();
            protocol(&parts.headers, &known).map(|name| name.to_str().unwrap().to_string())
        };
        assert_eq!(choose(&["c", "a"]).as_deref(), Some("c"));
        assert_eq!(choose(&["x"]), None);
        assert_eq!(choose(&[]), None);
    }

    #[test]
    fn origins_are_compared() {
        let same = |headers: &[(&str, &str)]| is_same_origin(&parts("GET", headers));
        assert!(same(&[("host", "a.example:80")]));
        assert!(same(&[("host", "a.example:80"), ("origin", "http://A.example:80")]));
        assert!(!same(&[("host", "a.example"), ("origin", "https://b.example")]));
        assert!(!same(&[("host", "a.example"), ("origin", "null")]));
        assert!(!same(&[("host", "a"), ("origin", "http://a"), ("origin", "http://b")]));
        let one_of = |origin: &str| has_origin(&parts("GET", &[("origin", origin)]), &["https://a.example"]);
        assert!(one_of("https://a.example") && !one_of("https://a.example.org"));
    }
}
