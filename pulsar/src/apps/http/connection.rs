//! One connection of HTTP from its first byte to its last: which version, what it is late with, how it ends when its worker does.

use std::cell::Cell;
use std::future::{Future, pending};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::{Either, select};
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt;

use super::files::Files;
use super::io::{Io, Limits, Phase, Shared};
use super::log::RequestId;
use super::metrics::{self, Metrics};
use super::service::Serving;
use super::site::Site;
use crate::actor::Core;
use crate::config::Settings;
use crate::scope;
use crate::serve::{Connection, Draining, Local, Meter, Streams, looks};

/// How long an idle connection of HTTP/1 is kept when its worker drains: a request may be on its way, and is answered then, with
/// `Connection: close`. Closed at once, its client would find a broken connection.
const LINGER: Duration = Duration::from_secs(1);

/// How long the last words to a client may take.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// How many streams of HTTP/2 one connection has at a time.
const STREAMS: u32 = 250;

const TIMED_OUT: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// What a worker that serves HTTP is made of.
pub(crate) struct Http {
    pub(super) site: Site,
    pub(super) settings: Settings,
    pub(super) meter: Rc<Meter>,
    /// Whether anything is noted of each request.
    pub(super) notes: bool,
    pub(super) metrics: Option<Metrics>,
    pub(super) in_flight: Cell<u64>,
    pub(super) files: Option<Files>,
    /// The names of the pool and of this worker.
    pub(super) pool: String,
    pub(super) worker: String,
    limits: Limits,
    ids: Cell<u64>,
    seed: u64,
}

impl Http {
    pub(crate) fn new(site: Site, settings: &Settings, meter: Rc<Meter>) -> Rc<Self> {
        let worker = meter.core().name();
        let pool = worker.rsplit_once('.').map_or(worker.clone(), |(pool, _)| pool.to_string());
        let http = Rc::new(Self {
            site,
            notes: settings.access_log || settings.metrics.is_some(),
            metrics: settings.metrics.is_some().then(Metrics::default),
            in_flight: Cell::new(0),
            files: settings.static_dir.as_ref().map(|root| Files::new(root)),
            limits: Limits {
                idle: looks(settings.keep_alive),
                head: looks(settings.header_timeout),
                body: looks(settings.body_timeout),
            },
            settings: settings.clone(),
            meter,
            pool,
            worker,
            ids: Cell::new(0),
            seed: seed(),
        });
        metrics::install(&http);
        http
    }

    /// The id of a request.
    pub(super) fn id_of(&self, request: &axum::extract::Request) -> RequestId {
        let theirs = request.headers().get("x-request-id").and_then(RequestId::of_client);
        theirs.unwrap_or_else(|| {
            self.ids.set(self.ids.get() + 1);
            RequestId::new(self.ids.get(), self.seed)
        })
    }
}

/// What makes the ids of one worker other than those of the rest.
fn seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}

impl Streams for Http {
    fn protocols(&self) -> &'static [&'static [u8]] {
        &[b"h2", b"http/1.1"]
    }

    fn serve(self: Rc<Self>, connection: Connection) -> Local<()> {
        Box::pin(serve(self, connection))
    }
}

async fn serve(http: Rc<Http>, connection: Connection) {
    let Connection { stream, info, meter, draining } = connection;
    let first = http.limits.idle.min(http.limits.head);
    let watched = meter.watch(info.number, first);
    let shared = Shared::new(http.limits, watched);
    let (mut io, gone) = Io::new(stream, shared.clone());
    let begun = {
        let ends = pin!(ends(&shared, &draining, false));
        match select(pin!(io.is_http2()), ends).await {
            Either::Left((begun, _)) => Some(begun),
            Either::Right(_) => None,
        }
    };
    let http2 = match begun {
        Some(Ok(http2)) => http2,
        Some(Err(_)) => return,
        None if shared.phase() == Phase::Head => return say(&mut io, TIMED_OUT).await,
        None => return,
    };
    let serving = Serving {
        http: http.clone(),
        shared: shared.clone(),
        info,
        draining: draining.clone(),
        in_flight: Rc::default(),
        http2,
    };
    if http2 {
        serve_http2(io, serving).await
    } else {
        serve_http1(io, serving).await
    }
    if shared.is_upgraded() {
        // Whoever has it now holds it open. Nothing is ever sent: it is dropped.
        let _ = gone.await;
    }
}

/// Why a connection is to end.
enum End {
    /// It is late with something.
    Late,
    /// Its worker drains, and nothing has come for a while.
    Drained,
}

/// Ends when the connection is to. `told`: whether that its worker drains is known already.
async fn ends(shared: &Shared, draining: &Draining, told: bool) -> End {
    let late = async {
        // What it was late with may have come at the last moment.
        while !shared.watched.is_overdue() {
            shared.watched.late.notified().await;
        }
    };
    let drained = async {
        if told {
            return pending().await;
        }
        draining.begun().await;
        while shared.phase() != Phase::Idle || shared.watched.age() < looks(LINGER) {
            tokio::time::sleep(LINGER / 4).await;
        }
    };
    match select(pin!(late), pin!(drained)).await {
        Either::Left(_) => End::Late,
        Either::Right(_) => End::Drained,
    }
}

async fn serve_http1(io: Io, serving: Serving) {
    let (shared, draining) = (serving.shared.clone(), serving.draining.clone());
    let limit = usize::try_from(serving.http.settings.header_limit).unwrap_or(usize::MAX).max(8192);
    let mut connection = http1::Builder::new()
        .header_read_timeout(None)
        .max_buf_size(limit)
        .serve_connection(TokioIo::new(io), serving)
        .with_upgrades();
    let mut told = false;
    loop {
        let end = match select(&mut connection, pin!(ends(&shared, &draining, told))).await {
            Either::Left(_) => return,
            Either::Right((end, _)) => end,
        };
        match end {
            End::Late if shared.watched.is_overdue() => break,
            End::Late => {}
            // Whoever was to send something has.
            End::Drained => {
                told = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
        }
    }
    let silent =
        shared.phase() != Phase::Head && (shared.phase() != Phase::Body || shared.answered.load(Ordering::Relaxed));
    let Some(parts) = connection.into_parts().filter(|_| !silent) else { return };
    say(&mut parts.io.into_inner(), TIMED_OUT).await;
}

/// The last words.
async fn say(io: &mut Io, words: &[u8]) {
    let said = async {
        io.write_all(words).await?;
        io.shutdown().await
    };
    // Whoever does not listen has missed them.
    let _ = tokio::time::timeout(LAST_WORDS, said).await;
}

async fn serve_http2(io: Io, serving: Serving) {
    let (shared, draining) = (serving.shared.clone(), serving.draining.clone());
    let settings = &serving.http.settings;
    let executor = OnThisThread(serving.http.meter.core().clone());
    let mut connection = http2::Builder::new(executor)
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::try_from(settings.header_limit).unwrap_or(u32::MAX))
        .keep_alive_interval(settings.body_timeout)
        .keep_alive_timeout(settings.body_timeout)
        .enable_connect_protocol()
        .serve_connection(TokioIo::new(io), serving);
    {
        let begun = pin!(draining.begun());
        let late = pin!(ends(&shared, &draining, true));
        if let Either::Left(_) = select(&mut connection, select(begun, late)).await {
            return;
        }
    }
    // GOAWAY: what has begun is finished, and the client knows what was not. One that has nothing more to ask is not waited for long.
    Pin::new(&mut connection).graceful_shutdown();
    let over = pin!(async {
        while !(shared.phase() == Phase::Idle && shared.watched.age() >= looks(LINGER) || shared.watched.is_overdue()) {
            tokio::time::sleep(LINGER / 4).await;
        }
    });
    select(connection, over).await;
}

/// Runs the streams of a connection where it runs itself, as its actor.
#[derive(Clone)]
struct OnThisThread(Rc<Core>);

impl<F: Future + 'static> hyper::rt::Executor<F> for OnThisThread {
    fn execute(&self, future: F) {
        let core = self.0.clone();
        let mut future = Box::pin(future);
        tokio::task::spawn_local(std::future::poll_fn(move |cx| {
            scope::enter(&core, || future.as_mut().poll(cx).map(drop))
        }));
    }
}
