//! What the workers of this very site have done.

use pulsar::http::{Router, StatusCode, get};
use serde_json::{Value, json};

use crate::Answer;
use crate::fields::show;

pub(crate) fn routes() -> Router {
    Router::new().route("/stats", get(stats))
}

async fn stats() -> Answer {
    let gone = |_| StatusCode::SERVICE_UNAVAILABLE;
    // A worker finds its own pool as anybody does: by its name.
    let me = pulsar::current().map(|cx| cx.name()).ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
    let pool = me.rsplit_once('.').map_or(me.as_str(), |(pool, _)| pool);
    let workers = pulsar::find(pool).await.map_err(gone)?.each().await.map_err(gone)?;
    let asked = workers.iter().map(|worker| async {
        let info = worker.info().await.ok()?;
        let count = |name| info.extra(name).and_then(|text| text.parse::<u64>().ok());
        Some(json!({
            "name": info.actor.name,
            "pid": info.actor.pid,
            "uptime": info.actor.uptime.as_secs_f64(),
            "incarnation": info.actor.incarnation,
            "requests": count("requests"),
            "connections": count("connections"),
        }))
    });
    let workers: Vec<Value> = futures_util::future::join_all(asked).await.into_iter().flatten().collect();
    Ok(show(&json!({ "answered_by": me, "workers": workers })))
}
