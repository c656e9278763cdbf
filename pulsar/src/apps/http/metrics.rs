//! What a worker counts of its requests, and how a scraper reads it: the text format of Prometheus.
//!
//! Each worker counts for itself. Whichever is asked asks the others, so that one page shows all, each under its name.

use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::time::Duration;

use axum::http::StatusCode;

use super::connection::Http;
use crate::actor::{AnyActor, Context};
use crate::api::find;

/// The upper bounds of the buckets of durations, in microseconds.
const BOUNDS: [u64; 12] = [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 500_000, 2_500_000, 10_000_000];

/// How long the other workers may take to say theirs.
const WITHIN: Duration = Duration::from_secs(1);

/// The counters of one worker.
#[derive(Default)]
pub(super) struct Metrics {
    /// By the first digit of the status.
    classes: [Cell<u64>; 6],
    buckets: [Cell<u64>; BOUNDS.len() + 1],
    micros: Cell<u64>,
    bytes: Cell<u64>,
}

fn add(cell: &Cell<u64>, count: u64) {
    cell.set(cell.get().wrapping_add(count));
}

impl Metrics {
    pub(super) fn count(&self, status: StatusCode, took: Duration, bytes: u64) {
        if let Some(class) = self.classes.get(usize::from(status.as_u16() / 100)) {
            add(class, 1);
        }
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let at = BOUNDS.iter().position(|&bound| micros <= bound).unwrap_or(BOUNDS.len());
        if let Some(bucket) = self.buckets.get(at) {
            add(bucket, 1);
        }
        add(&self.micros, micros);
        add(&self.bytes, bytes);
    }
}

thread_local! {
    /// What the worker on this thread counts.
    static SHOWN: RefCell<Option<std::rc::Weak<Http>>> = const { RefCell::new(None) };
}

/// The worker on this thread counts there.
pub(super) fn install(http: &std::rc::Rc<Http>) {
    SHOWN.set(Some(std::rc::Rc::downgrade(http)));
}

/// The lines of the worker that answers.
#[pulsar_macros::command(crate = crate)]
fn http_metrics(cx: &mut Context<AnyActor>) -> String {
    lines(&cx.name())
}

fn lines(worker: &str) -> String {
    let http = SHOWN.with_borrow(|shown| shown.as_ref().and_then(std::rc::Weak::upgrade));
    let Some((http, metrics)) = http.as_ref().and_then(|http| Some((http, http.metrics.as_ref()?))) else {
        return String::new();
    };
    let mut out = String::new();
    // Writing to a string does not fail.
    let mut line = |name: &str, labels: &str, value: String| {
        let _ = writeln!(out, "{name}{{worker=\"{worker}\"{labels}}} {value}");
    };
    for (class, count) in metrics.classes.iter().enumerate().skip(1) {
        line("pulsar_http_requests_total", &format!(",status=\"{class}xx\""), count.get().to_string());
    }
    let mut below = 0;
    for (bucket, bound) in metrics.buckets.iter().zip(BOUNDS.iter().map(Some).chain([None])) {
        below += bucket.get();
        let bound = bound.map_or("+Inf".to_string(), |&bound| seconds(bound));
        line("pulsar_http_request_seconds_bucket", &format!(",le=\"{bound}\""), below.to_string());
    }
    line("pulsar_http_request_seconds_sum", "", seconds(metrics.micros.get()));
    line("pulsar_http_request_seconds_count", "", below.to_string());
    line("pulsar_http_response_bytes_total", "", metrics.bytes.get().to_string());
    line("pulsar_http_requests_in_flight", "", http.in_flight.get().to_string());
    line("pulsar_connections_open", "", http.meter.connections.get().to_string());
    line("pulsar_connections_total", "", http.meter.accepted.get().to_string());
    out
}

fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// What a scraper reads: all workers of this pool.
pub(super) async fn page(pool: &str, own: &str) -> String {
    let mut lines = vec![lines(own)];
    if let Ok(pool) = find(pool).await {
        let others = pool.each().await.unwrap_or_default();
        let asked = others.into_iter().filter(|worker| worker.name() != own).map(|worker| async move {
            // One that is just going has nothing to say.
            worker.send(http_metrics()).timeout(WITHIN).await.unwrap_or_default()
        });
        lines.extend(futures_util::future::join_all(asked).await);
    }
    let mut all: Vec<&str> = lines.iter().flat_map(|lines| lines.lines()).collect();
    // Samples of one metric stand together.
    let name = |line: &&str| HELP.iter().position(|(name, ..)| line.starts_with(name)).unwrap_or(HELP.len());
    all.sort_by_key(name);
    let mut out = String::new();
    let mut last = HELP.len();
    for line in all {
        let at = name(&line);
        if let Some((name, kind, help)) = HELP.get(at).filter(|_| at != last) {
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
        }
        last = at;
        let _ = writeln!(out, "{line}");
    }
    out
}

const HELP: &[(&str, &str, &str)] = &[
    ("pulsar_http_requests_total", "counter", "Requests that were answered, by the class of the status."),
    ("pulsar_http_request_seconds", "histogram", "From a request's head to the end of its answer."),
    ("pulsar_http_response_bytes_total", "counter", "Bytes of bodies that were sent."),
    ("pulsar_http_requests_in_flight", "gauge", "Requests that are being answered."),
    ("pulsar_connections_open", "gauge", "Connections that are open."),
    ("pulsar_connections_total", "counter", "Connections that were accepted."),
];
