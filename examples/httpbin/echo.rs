//! What came, as it was understood: each method with its arguments, headers and body.

use std::sync::Arc;

use axum::extract::{FromRequest, Multipart};
use bytes::Bytes;
use data_encoding::BASE64;
use pulsar::ConnectionInfo;
use pulsar::http::axum::Extension;
use pulsar::http::{
    HeaderMap, IntoResponse, Request, Response, Router, Uri, any, delete, get, header, patch, post, put,
};
use serde_json::{Value, json};

use crate::Answer;
use crate::fields::{collect, of_headers, of_query, show};

pub(crate) fn routes() -> Router {
    Router::new()
        .route("/get", get(echo))
        .route("/post", post(echo))
        .route("/put", put(echo))
        .route("/patch", patch(echo))
        .route("/delete", delete(echo))
        .route("/anything", any(echo))
        .route("/anything/{*rest}", any(echo))
        .route("/headers", get(async |headers: HeaderMap| show(&json!({ "headers": of_headers(&headers) }))))
        .route("/ip", get(async |Extension(info): Info| show(&json!({ "origin": origin(&info) }))))
        .route("/user-agent", get(user_agent))
}

type Info = Extension<Arc<ConnectionInfo>>;

async fn user_agent(headers: HeaderMap) -> Response {
    show(&json!({ "user-agent": text(&headers, header::USER_AGENT) }))
}

async fn echo(Extension(info): Info, request: Request) -> Answer {
    let mut said = json!({
        "method": request.method().as_str(),
        "url": url(request.uri(), request.headers()),
        "args": of_query(request.uri().query().unwrap_or_default().as_bytes()),
        "headers": of_headers(request.headers()),
        "origin": origin(&info),
    });
    if request.method() != "GET" {
        let Body { data, form, files, json } = match Body::read(request).await {
            Ok(body) => body,
            // Whoever could not be understood hears why: too large, no multipart.
            Err(why) => return Ok(why),
        };
        said["data"] = data.into();
        said["form"] = form;
        said["files"] = files;
        said["json"] = json;
    }
    Ok(show(&said))
}

/// A body, by what its type says that it is.
struct Body {
    data: String,
    form: Value,
    files: Value,
    json: Value,
}

impl Body {
    async fn read(request: Request) -> Result<Self, Response> {
        let none = || collect(std::iter::empty());
        let kind = text(request.headers(), header::CONTENT_TYPE);
        let kind = kind.as_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if kind == "multipart/form-data" {
            let (form, files) = parts(request).await?;
            return Ok(Self { data: String::new(), form, files, json: Value::Null });
        }
        let bytes = Bytes::from_request(request, &()).await.map_err(IntoResponse::into_response)?;
        if kind == "application/x-www-form-urlencoded" {
            return Ok(Self { data: String::new(), form: of_query(&bytes), files: none(), json: Value::Null });
        }
        let json = serde_json::from_slice(&bytes).unwrap_or_default();
        Ok(Self { data: shown(&bytes, &kind), form: none(), files: none(), json })
    }
}

/// The fields and the files of a form in parts.
async fn parts(request: Request) -> Result<(Value, Value), Response> {
    let mut multipart = Multipart::from_request(request, &()).await.map_err(IntoResponse::into_response)?;
    let (mut form, mut files) = (Vec::new(), Vec::new());
    while let Some(field) = multipart.next_field().await.map_err(IntoResponse::into_response)? {
        let name = field.name().unwrap_or_default().to_string();
        let kind = field.content_type().unwrap_or_default().to_string();
        let fields = if field.file_name().is_some() { &mut files } else { &mut form };
        let bytes = field.bytes().await.map_err(IntoResponse::into_response)?;
        fields.push((name, shown(&bytes, &kind)));
    }
    Ok((collect(form.into_iter()), collect(files.into_iter())))
}

/// Text as it is, and what is none as a `data:` URL.
fn shown(bytes: &[u8], kind: &str) -> String {
    let kind = if kind.is_empty() { "application/octet-stream" } else { kind };
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => format!("data:{kind};base64,{}", BASE64.encode(bytes)),
    }
}

/// Who asks, as far as the connection tells.
pub(crate) fn origin(info: &ConnectionInfo) -> String {
    match &info.peer {
        pulsar::PeerAddr::Tcp(address) => address.ip().to_string(),
        other => other.to_string(),
    }
}

/// The address that was asked for, in full.
pub(crate) fn url(uri: &Uri, headers: &HeaderMap) -> String {
    let path = uri.path_and_query().map_or("/", |it| it.as_str());
    format!("{}{path}", base(uri, headers))
}

/// The same without its path.
pub(crate) fn base(uri: &Uri, headers: &HeaderMap) -> String {
    let host = uri.authority().map(|it| it.as_str().to_string());
    let host = host.or_else(|| text(headers, header::HOST).as_str().map(String::from)).unwrap_or_default();
    format!("{}://{host}", uri.scheme_str().unwrap_or("http"))
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Value {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).into()
}
