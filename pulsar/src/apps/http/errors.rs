//! Pages for errors that nobody has said anything about, as the client accepts them.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use hyper::body::Body as _;

/// What a page can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Html,
    Json,
    Text,
}

/// What the client likes best; text where it does not say, or takes anything.
fn preferred(accept: Option<&HeaderValue>) -> Form {
    let Some(accept) = accept.and_then(|value| value.to_str().ok()) else { return Form::Text };
    let mut best = (0, Form::Text);
    for (at, range) in accept.split(',').enumerate() {
        let mut parts = range.split(';').map(str::trim);
        let form = match parts.next().unwrap_or_default() {
            "text/html" | "application/xhtml+xml" => Form::Html,
            "application/json" => Form::Json,
            "text/plain" | "text/*" => Form::Text,
            _ => continue,
        };
        let quality = parts.find_map(|part| part.strip_prefix("q=")).and_then(|q| q.parse::<f32>().ok()).unwrap_or(1.0);
        // In thousandths; of those that are alike the first.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1000")]
        let weight =
            (quality.clamp(0.0, 1.0) * 1000.0) as u32 * 64 + 63_u32.saturating_sub(u32::try_from(at).unwrap_or(63));
        if quality > 0.0 && weight > best.0 {
            best = (weight, form);
        }
    }
    best.1
}

/// Gives an error without a body one.
pub(super) fn dress(response: &mut Response<Body>, accept: Option<&HeaderValue>) {
    let status = response.status();
    let bare = response.body().size_hint().exact() == Some(0) && !response.headers().contains_key(header::CONTENT_TYPE);
    if !bare || !(status.is_client_error() || status.is_server_error()) {
        return;
    }
    let (kind, page) = page(status, preferred(accept));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    // The old one's, which was 0.
    response.headers_mut().remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(page);
}

/// An error of the server's own.
pub(super) fn response(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn page(status: StatusCode, form: Form) -> (&'static str, String) {
    let (code, reason) = (status.as_u16(), status.canonical_reason().unwrap_or("Error"));
    match form {
        Form::Text => ("text/plain; charset=utf-8", format!("{code} {reason}\n")),
        Form::Json => ("application/json", format!("{{\"status\":{code},\"error\":\"{reason}\"}}\n")),
        Form::Html => (
            "text/html; charset=utf-8",
            format!(
                "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
                 <title>{code} {reason}</title>\n<style>:root{{color-scheme:light dark}}body{{font:1.1rem/1.5 system-ui,sans-serif;\
                 display:grid;place-items:center;min-height:90vh;margin:0}}h1{{font-weight:600}}b{{opacity:.5;margin-right:.6em}}</style>\n\
                 <h1><b>{code}</b>{reason}</h1>\n</html>\n"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_that_a_client_takes() {
        for (accept, form) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Form::Html),
            ("application/json", Form::Json),
            ("text/html;q=0.5, application/json", Form::Json),
            ("application/json;q=0, text/html;q=0.1", Form::Html),
            ("*/*", Form::Text),
            ("image/png", Form::Text),
            ("text/html;q=nonsense", Form::Html),
        ] {
            assert_eq!(preferred(Some(&HeaderValue::from_str(accept).unwrap())), form, "{accept}");
        }
        assert_eq!(preferred(None), Form::Text);
    }
}
