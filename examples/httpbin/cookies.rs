//! Cookies: shown, set and taken back.

use pulsar::http::{
    Body, HeaderMap, HeaderValue, Response, Router, StatusCode, extract::Path, extract::RawQuery, get, header,
};
use serde_json::json;

use crate::Answer;
use crate::fields::{collect, show};

pub(crate) fn routes() -> Router {
    Router::new()
        .route("/cookies", get(shown))
        .route("/cookies/set", get(set))
        .route("/cookies/set/{name}/{value}", get(async |Path(pair): Path<(String, String)>| give(vec![pair], "")))
        .route("/cookies/delete", get(delete))
}

async fn shown(headers: HeaderMap) -> Response {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let cookies = collect(pairs.map(|(name, value)| (name.into(), value.trim_matches('"').into())));
    show(&json!({ "cookies": cookies }))
}

async fn set(RawQuery(query): RawQuery) -> Answer {
    give(pairs(query), "")
}

async fn delete(RawQuery(query): RawQuery) -> Answer {
    give(pairs(query), "; Max-Age=0")
}

fn pairs(query: Option<String>) -> Vec<(String, String)> {
    let query = query.unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// Sets them, and shows which there are then.
fn give(cookies: Vec<(String, String)>, with: &str) -> Answer {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/cookies"));
    for (name, value) in cookies {
        // RFC 6265, section 4.1.1: a name is a token, and a value has no spaces, quotes, commas, semicolons.
        let is_token = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&c);
        let is_value = |c: u8| c.is_ascii_graphic() && !b"\",;\\".contains(&c);
        if name.is_empty() || !name.bytes().all(is_token) || !value.bytes().all(is_value) {
            return Err(StatusCode::BAD_REQUEST);
        }
        let line = HeaderValue::from_str(&format!("{name}={value}; Path=/{with}"));
        response.headers_mut().append(header::SET_COOKIE, line.map_err(|_| StatusCode::BAD_REQUEST)?);
    }
    Ok(response)
}
