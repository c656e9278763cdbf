//! Pages and pictures.

use pulsar::http::{Html, Router, get, header};
use serde_json::json;

use crate::fields::show;

pub(crate) const PNG: &[u8] = include_bytes!("pulsar.png");
pub(crate) const SVG: &str = include_str!("pulsar.svg");

const UTF8: &str = "∮ E⋅da = Q,  n → ∞, ∑ f(i) = ∏ g(i) · Σὲ γνωρίζω · สิบสอง · Зарегистрируйтесь · 🌍\n";

pub(crate) fn routes() -> Router {
    Router::new()
        .route("/", get(async || Html(include_str!("index.html"))))
        .route("/html", get(async || Html(include_str!("story.html"))))
        .route("/robots.txt", get(async || "User-agent: *\nDisallow: /deny\n"))
        .route("/encoding/utf8", get(async || ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], UTF8)))
        .route(
            "/json",
            get(async || {
                show(&json!({ "title": "A star that keeps time", "period": 1.337, "parts": ["core", "beam"] }))
            }),
        )
}
