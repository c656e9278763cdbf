//! Challenges: Basic, Bearer, and Digest (RFC 7616, with SHA-256).

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use data_encoding::{BASE64, HEXLOWER};
use pulsar::http::extract::{OriginalUri, Path};
use pulsar::http::{Body, HeaderMap, HeaderValue, Method, Response, Router, StatusCode, get, header};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::Answer;
use crate::fields::show;

const REALM: &str = "httpbin";

pub(crate) fn routes(secret: u64) -> Router {
    let digest = async move |method: Method,
                             uri: OriginalUri,
                             Path(who): Path<(String, String, String)>,
                             headers: HeaderMap| { digest(secret, &method, &uri, who, &headers) };
    Router::new()
        .route("/basic-auth/{user}/{password}", get(basic))
        .route("/hidden-basic-auth/{user}/{password}", get(hidden))
        .route("/bearer", get(bearer))
        .route("/digest-auth/{qop}/{user}/{password}", get(digest))
}

/// What follows the name of the scheme.
fn credentials<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let (name, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    name.eq_ignore_ascii_case(scheme).then_some(rest.trim())
}

fn knows(headers: &HeaderMap, user: &str, password: &str) -> bool {
    let given = credentials(headers, "basic").and_then(|it| BASE64.decode(it.as_bytes()).ok());
    given.is_some_and(|given| given == format!("{user}:{password}").into_bytes())
}

fn welcome(user: &str) -> Answer {
    Ok(show(&json!({ "authenticated": true, "user": user })))
}

fn challenge(how: &str) -> Answer {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    let how = HeaderValue::from_str(how).map_err(|_| StatusCode::BAD_REQUEST)?;
    response.headers_mut().insert(header::WWW_AUTHENTICATE, how);
    Ok(response)
}

async fn basic(Path((user, password)): Path<(String, String)>, headers: HeaderMap) -> Answer {
    if knows(&headers, &user, &password) { welcome(&user) } else { challenge("Basic realm=\"httpbin\"") }
}

/// Says nothing of what it wants.
async fn hidden(Path((user, password)): Path<(String, String)>, headers: HeaderMap) -> Answer {
    if knows(&headers, &user, &password) { welcome(&user) } else { Err(StatusCode::NOT_FOUND) }
}

async fn bearer(headers: HeaderMap) -> Answer {
    match credentials(&headers, "bearer") {
        Some(token) => Ok(show(&json!({ "authenticated": true, "token": token }))),
        None => challenge("Bearer"),
    }
}

fn digest(
    secret: u64,
    method: &Method,
    uri: &OriginalUri,
    who: (String, String, String),
    headers: &HeaderMap,
) -> Answer {
    let (qop, user, password) = who;
    if qop != "auth" {
        return Err(StatusCode::NOT_IMPLEMENTED);
    }
    let path = uri.path_and_query().map_or("/", |it| it.as_str());
    let given = credentials(headers, "digest").map(parameters).unwrap_or_default();
    let one = |name: &str| given.get(name).map(String::as_str).unwrap_or_default();
    let right = || {
        let first = hash(&format!("{user}:{REALM}:{password}"));
        let second = hash(&format!("{method}:{path}"));
        hash(&format!("{first}:{}:{}:{}:{qop}:{second}", one("nonce"), one("nc"), one("cnonce")))
    };
    let known = one("username") == user && one("realm") == REALM && one("uri") == path && one("qop") == qop;
    if known && is_ours(secret, one("nonce")) && one("response") == right() {
        return welcome(&user);
    }
    challenge(&format!("Digest realm=\"{REALM}\", qop=\"auth\", algorithm=SHA-256, nonce=\"{}\"", nonce(secret)))
}

/// A number that was never given out, signed: any worker knows it again.
fn nonce(secret: u64) -> String {
    let number = format!("{:016x}", RandomState::new().hash_one(secret));
    let signature = signature(secret, &number);
    number + &signature
}

fn is_ours(secret: u64, nonce: &str) -> bool {
    nonce.split_at_checked(16).is_some_and(|(number, signed)| signed == signature(secret, number))
}

fn signature(secret: u64, number: &str) -> String {
    hash(&format!("{secret}:{number}"))
}

fn hash(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text))
}

/// `name=value, name="value"`, with names in small letters.
fn parameters(text: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('=') {
        let name = name.trim_matches([' ', ',']).to_ascii_lowercase();
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(',').unwrap_or((after, "")),
        };
        found.insert(name, value.trim().into());
        rest = after;
    }
    found
}
