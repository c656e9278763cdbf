//! What changes in a head that is passed on.

use pulsar::ConnectionInfo;
use pulsar::http::{HeaderMap, HeaderName, HeaderValue, header};

/// What is done with the headers of each request, in this order. More may be added.
const MIDDLEWARE: [fn(&mut HeaderMap, &ConnectionInfo); 3] =
    [|headers, _| end_here(headers), |headers, _| via(headers), forwarded];

/// Makes a request's headers those of the next hop.
pub(crate) fn pass(headers: &mut HeaderMap, info: &ConnectionInfo) {
    MIDDLEWARE.iter().for_each(|change| change(headers, info));
}

/// The same with an answer's.
pub(crate) fn pass_back(headers: &mut HeaderMap) {
    end_here(headers);
    via(headers);
}

/// Those that are meant for the next hop only: RFC 9110, section 7.6.1.
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

fn end_here(headers: &mut HeaderMap) {
    let named = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<HeaderName> =
        named.flat_map(|it| it.split(',')).filter_map(|name| name.trim().parse().ok()).collect();
    for name in named.iter().filter(|&name| name != header::HOST && name != header::CONTENT_LENGTH).chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

fn via(headers: &mut HeaderMap) {
    headers.append(header::VIA, HeaderValue::from_static("1.1 pulsar"));
}

fn forwarded(headers: &mut HeaderMap, info: &ConnectionInfo) {
    if let pulsar::PeerAddr::Tcp(address) = &info.peer
        && let Ok(peer) = HeaderValue::from_str(&address.ip().to_string())
    {
        headers.append(HeaderName::from_static("x-forwarded-for"), peer);
    }
}

/// The protocol that a head wants to change to, or says that it has.
pub(crate) fn upgrade(headers: &HeaderMap) -> Option<HeaderValue> {
    let connection = headers.get(header::CONNECTION)?.to_str().ok()?;
    let wants = connection.split(',').any(|name| name.trim().eq_ignore_ascii_case("upgrade"));
    headers.get(header::UPGRADE).filter(|_| wants).cloned()
}

/// Puts it back, for this hop.
pub(crate) fn set_upgrade(headers: &mut HeaderMap, to: HeaderValue) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, to);
}
