//! What has not changed is not sent again, and a part where a part is asked for (RFC 9110, sections 13 and 14).

use std::collections::HashMap;

use bytes::Bytes;
use pulsar::http::extract::{Path, Query};
use pulsar::http::{Body, HeaderMap, HeaderValue, Response, Router, StatusCode, get, header};
use serde_json::json;

use crate::Answer;
use crate::bodies::letters;
use crate::fields::{of_headers, show};
use crate::pages;

/// When all that is served here was last changed.
const CHANGED: HeaderValue = HeaderValue::from_static("Sat, 21 Nov 2026 12:00:00 GMT");

pub(crate) fn routes() -> Router {
    Router::new()
        .route("/etag/{etag}", get(tagged))
        .route("/cache", get(async |headers: HeaderMap| text(&headers, "\"cache\"".into())))
        .route("/cache/{seconds}", get(cached))
        .route("/response-headers", get(wished))
        .route("/range/{n}", get(range))
        .route("/media/{name}", get(media))
        .route("/image", get(image))
}

async fn tagged(Path(etag): Path<String>, headers: HeaderMap) -> Answer {
    text(&headers, format!("\"{etag}\""))
}

fn text(headers: &HeaderMap, etag: String) -> Answer {
    let text = format!("{:#}\n", json!({ "headers": of_headers(headers) }));
    serve(headers, text.into(), "application/json", &etag)
}

async fn cached(Path(seconds): Path<u32>) -> Answer {
    let mut response = show(&json!({ "seconds": seconds }));
    let control = HeaderValue::from_str(&format!("public, max-age={seconds}")).map_err(|_| StatusCode::BAD_REQUEST)?;
    response.headers_mut().insert(header::CACHE_CONTROL, control);
    Ok(response)
}

/// Headers as they are wished for; not those by which a message is framed.
async fn wished(Query(wishes): Query<HashMap<String, String>>) -> Answer {
    let mut response = show(&json!(wishes));
    for (name, value) in &wishes {
        let name: header::HeaderName = name.parse().map_err(|_| StatusCode::BAD_REQUEST)?;
        let frames = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION, header::UPGRADE];
        if frames.contains(&name) {
            return Err(StatusCode::BAD_REQUEST);
        }
        response.headers_mut().insert(name, HeaderValue::from_str(value).map_err(|_| StatusCode::BAD_REQUEST)?);
    }
    Ok(response)
}

async fn range(Path(n): Path<usize>, headers: HeaderMap) -> Answer {
    serve(&headers, letters(n)?, "application/octet-stream", &format!("\"range{n}\""))
}

async fn media(Path(name): Path<String>, headers: HeaderMap) -> Answer {
    match name.as_str() {
        "pulsar.png" => serve(&headers, Bytes::from_static(pages::PNG), "image/png", "\"png-1\""),
        "pulsar.svg" => serve(&headers, Bytes::from_static(pages::SVG.as_bytes()), "image/svg+xml", "\"svg-1\""),
        _ => Err(StatusCode::NOT_FOUND),
    }
}

/// A picture of the kind that the client takes.
async fn image(headers: HeaderMap) -> Answer {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    let takes = |kind: &str| accept.contains(kind);
    let name = if takes("image/svg+xml") {
        "pulsar.svg"
    } else if takes("image/png") || takes("image/*") || takes("*/*") {
        "pulsar.png"
    } else {
        return Err(StatusCode::NOT_ACCEPTABLE);
    };
    media(Path(name.into()), headers).await
}

/// All of it, a part of it, or that it has not changed.
fn serve(headers: &HeaderMap, bytes: Bytes, kind: &'static str, etag: &str) -> Answer {
    let tag = HeaderValue::from_str(etag).map_err(|_| StatusCode::BAD_REQUEST)?;
    let mut response = Response::new(Body::empty());
    let length = bytes.len();
    let out = response.headers_mut();
    out.insert(header::ETAG, tag.clone());
    out.insert(header::LAST_MODIFIED, CHANGED);
    out.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if headers.get(header::IF_MATCH).is_some_and(|tags| !names(tags, etag)) {
        *response.status_mut() = StatusCode::PRECONDITION_FAILED;
        return Ok(response);
    }
    let unchanged = match headers.get(header::IF_NONE_MATCH) {
        Some(tags) => names(tags, etag),
        // Given by us, so it is given back as it was; whoever makes up a date gets it all.
        None => headers.get(header::IF_MODIFIED_SINCE) == Some(&CHANGED),
    };
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    // A part of something else is no use: then all of it.
    let same = headers.get(header::IF_RANGE).is_none_or(|of| of == tag || of == CHANGED);
    let part = headers.get(header::RANGE).filter(|_| same).and_then(|range| range.to_str().ok());
    match part.map_or(Part::All, |range| part_of(range, length)) {
        Part::All => *response.body_mut() = bytes.into(),
        Part::Of(first, last) => {
            let said = HeaderValue::from_str(&format!("bytes {first}-{last}/{length}"));
            out.insert(header::CONTENT_RANGE, said.map_err(|_| StatusCode::BAD_REQUEST)?);
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            *response.body_mut() = bytes.slice(first..=last).into();
        }
        Part::None => {
            let said = HeaderValue::from_str(&format!("bytes */{length}"));
            out.insert(header::CONTENT_RANGE, said.map_err(|_| StatusCode::BAD_REQUEST)?);
            *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
        }
    }
    Ok(response)
}

fn names(tags: &HeaderValue, etag: &str) -> bool {
    let tags = tags.to_str().unwrap_or_default();
    tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    All,
    /// From this byte to that one.
    Of(usize, usize),
    /// One that there is not.
    None,
}

/// One range. Several, and what cannot be read, are answered with all: RFC 9110, section 14.2, lets a server do that.
fn part_of(range: &str, length: usize) -> Part {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|it| it.split_once('-')) else { return Part::All };
    match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) if first > last => Part::All,
        (Ok(first), _) if first >= length => Part::None,
        (Ok(first), Ok(last)) => Part::Of(first, last.min(length - 1)),
        (Ok(first), Err(_)) if last.is_empty() => Part::Of(first, length - 1),
        (Err(_), Ok(0)) if first.is_empty() => Part::None,
        (Err(_), Ok(_)) if first.is_empty() && length == 0 => Part::None,
        (Err(_), Ok(count)) if first.is_empty() => Part::Of(length.saturating_sub(count), length - 1),
        _ => Part::All,
    }
}
