//! Bodies in every shape: compressed, streamed, late, dripping, large; and uploads that are counted as they come.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io::Write;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use futures_util::{Stream, StreamExt, stream};
use pulsar::http::extract::{Path, Query};
use pulsar::http::{Body, HeaderMap, HeaderValue, IntoResponse, Response, Router, StatusCode, any, get, header, post};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::Answer;
use crate::fields::{of_headers, show, with};

/// As many bytes as one may ask for.
const MOST: usize = 100 << 20;

/// As long as one may have it take.
const LONGEST: f64 = 30.0;

type Wishes = Query<HashMap<String, String>>;

pub(crate) fn routes() -> Router {
    Router::new()
        .route("/gzip", get(async |headers: HeaderMap| packed(&headers, "gzip")))
        .route("/deflate", get(async |headers: HeaderMap| packed(&headers, "deflate")))
        .route("/stream/{n}", get(lines))
        .route("/bytes/{n}", get(async |Path(n): Path<usize>| Ok::<_, StatusCode>(letters(n)?.into_response())))
        .route("/stream-bytes/{n}", get(chunks))
        .route("/drip", get(drip))
        .route("/delay/{seconds}", any(delay))
        .route("/upload", post(upload).put(upload))
        .route("/panic", get(panics))
}

/// So many bytes: the alphabet, again and again.
pub(crate) fn letters(n: usize) -> Result<Bytes, StatusCode> {
    if n > MOST {
        return Err(StatusCode::BAD_REQUEST);
    }
    Ok((b'a'..=b'z').cycle().take(n).collect::<Vec<u8>>().into())
}

fn packed(headers: &HeaderMap, how: &'static str) -> Answer {
    let text = format!("{:#}\n", json!({ "packed": how, "headers": of_headers(headers) }));
    let failed = |_| StatusCode::INTERNAL_SERVER_ERROR;
    let bytes = if how == "gzip" {
        let mut out = GzEncoder::new(Vec::new(), Compression::default());
        out.write_all(text.as_bytes()).and_then(|()| out.finish()).map_err(failed)?
    } else {
        let mut out = ZlibEncoder::new(Vec::new(), Compression::default());
        out.write_all(text.as_bytes()).and_then(|()| out.finish()).map_err(failed)?
    };
    let kind = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_ENCODING, HeaderValue::from_static(how))], bytes)
        .into_response())
}

fn streamed(parts: impl Stream<Item = Bytes> + Send + 'static, kind: &'static str) -> Response {
    let body = Body::from_stream(parts.map(Ok::<_, Infallible>));
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], body).into_response()
}

async fn lines(Path(n): Path<u32>, headers: HeaderMap) -> Answer {
    if n > 10_000 {
        return Err(StatusCode::BAD_REQUEST);
    }
    let headers = of_headers(&headers);
    let line = move |id| Bytes::from(format!("{}\n", json!({ "id": id, "headers": headers })));
    Ok(streamed(stream::iter((0..n).map(line)), "application/json"))
}

async fn chunks(Path(n): Path<usize>, Query(wishes): Wishes) -> Answer {
    let size = wish(&wishes, "chunk_size", 10_240_usize)?.max(1);
    let bytes = letters(n)?;
    let parts = stream::unfold(bytes, move |mut rest| async move {
        // None begins before there is room for it: so the rest is no more than one copy, whoever reads slowly.
        let part = rest.split_to(size.min(rest.len()));
        (!part.is_empty()).then_some((part, rest))
    });
    Ok(streamed(parts, "application/octet-stream"))
}

async fn drip(Query(wishes): Wishes) -> Answer {
    let count = wish(&wishes, "numbytes", 10_u32)?.clamp(1, 10_000);
    let apart = time(wish(&wishes, "duration", 2.0)?)? / count;
    let first = time(wish(&wishes, "delay", 0.0)?)?;
    let code =
        wishes.get("code").map_or(Ok(StatusCode::OK), |code| code.parse().map_err(|_| StatusCode::BAD_REQUEST))?;
    let parts = stream::iter(0..count).then(move |at| async move {
        tokio::time::sleep(if at == 0 { first } else { apart }).await;
        Bytes::from_static(b"*")
    });
    Ok(with(code, streamed(parts, "application/octet-stream")))
}

async fn delay(Path(seconds): Path<f64>) -> Answer {
    tokio::time::sleep(time(seconds)?).await;
    Ok(show(&json!({ "delayed": seconds })))
}

/// Reads as it comes, and keeps nothing.
async fn upload(body: Body) -> Response {
    let (mut length, mut hash) = (0_u64, Sha256::new());
    let mut parts = body.into_data_stream();
    while let Some(part) = parts.next().await {
        match part {
            Ok(part) => {
                length += part.len() as u64;
                hash.update(&part);
            }
            // The one reason for which a body that still comes is not taken.
            Err(error) if is_too_long(&error) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
            Err(_) => return StatusCode::BAD_REQUEST.into_response(),
        }
    }
    show(&json!({ "length": length, "sha256": data_encoding::HEXLOWER.encode(&hash.finalize()) }))
}

fn is_too_long(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    causes.any(|error| error.to_string() == "length limit exceeded")
}

async fn panics() -> Response {
    panic!("as it was asked to");
}

fn wish<T: std::str::FromStr>(wishes: &HashMap<String, String>, name: &str, else_: T) -> Result<T, StatusCode> {
    wishes.get(name).map_or(Ok(else_), |text| text.parse().map_err(|_| StatusCode::BAD_REQUEST))
}

fn time(seconds: f64) -> Result<Duration, StatusCode> {
    Duration::try_from_secs_f64(seconds).ok().filter(|it| it.as_secs_f64() <= LONGEST).ok_or(StatusCode::BAD_REQUEST)
}
