//! Ways to somewhere else, and any status one likes.

use std::collections::HashMap;

use pulsar::http::extract::{OriginalUri, Path, Query};
use pulsar::http::{Body, HeaderMap, HeaderValue, Response, Router, StatusCode, any, get, header};

use crate::Answer;
use crate::echo::base;

/// A chain may be so long.
const MOST: u32 = 100;

pub(crate) fn routes() -> Router {
    Router::new()
        .route("/redirect/{n}", get(chain))
        .route("/relative-redirect/{n}", get(chain))
        .route("/absolute-redirect/{n}", get(absolute))
        .route("/redirect-to", any(to))
        .route("/status/{code}", any(status))
}

/// The next of a chain that has `n` left, under this path.
fn next(under: &str, n: u32) -> Result<String, StatusCode> {
    match n {
        1 => Ok("/get".into()),
        2..=MOST => Ok(format!("/{under}/{}", n - 1)),
        _ => Err(StatusCode::BAD_REQUEST),
    }
}

async fn chain(Path(n): Path<u32>, uri: OriginalUri) -> Answer {
    let under = uri.path().split('/').nth(1).unwrap_or_default();
    moved(StatusCode::FOUND, &next(under, n)?)
}

async fn absolute(Path(n): Path<u32>, uri: OriginalUri, headers: HeaderMap) -> Answer {
    let to = base(&uri, &headers) + &next("absolute-redirect", n)?;
    moved(StatusCode::FOUND, &to)
}

async fn to(Query(query): Query<HashMap<String, String>>) -> Answer {
    let to = query.get("url").ok_or(StatusCode::BAD_REQUEST)?;
    let status = match query.get("status_code") {
        None => StatusCode::FOUND,
        Some(code) => code.parse().ok().filter(StatusCode::is_redirection).ok_or(StatusCode::BAD_REQUEST)?,
    };
    moved(status, to)
}

fn moved(status: StatusCode, to: &str) -> Answer {
    let to = HeaderValue::from_str(to).map_err(|_| StatusCode::BAD_REQUEST)?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().insert(header::LOCATION, to);
    Ok(response)
}

async fn status(Path(code): Path<String>) -> Answer {
    let status: StatusCode = code.parse().map_err(|_| StatusCode::BAD_REQUEST)?;
    if status.is_informational() {
        // They announce an answer, and are none.
        return Err(StatusCode::BAD_REQUEST);
    }
    let mut response = match status.as_u16() {
        301 | 302 | 303 | 307 | 308 => return moved(status, "/redirect/1"),
        418 => Response::new(Body::from("I am a teapot, short and stout.\n")),
        _ => Response::new(Body::empty()),
    };
    if status == StatusCode::UNAUTHORIZED {
        let how = HeaderValue::from_static("Basic realm=\"httpbin\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, how);
    }
    *response.status_mut() = status;
    Ok(response)
}
