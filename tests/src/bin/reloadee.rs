//! A program that is reloaded while its actors are asked without pause. It says to a file what it hears and what failed.
//!
//! ```text
//! reloadee PATH LENGTH
//! ```
//!
//! One of its actors, the last to be replaced, does not start from a binary of more than LENGTH bytes.

use std::time::Duration;

use pulsar::prelude::*;
use pulsar_tests::{
    actors::How,
    append,
    trees::{Part, PartProxy, part, part_that},
};

/// How often it sums up.
const PERIOD: Duration = Duration::from_millis(50);

#[pulsar::main]
async fn main() -> Result<()> {
    let path = std::env::args().nth(1).unwrap_or_default();
    let length = std::env::args().nth(2).and_then(|text| text.parse().ok()).unwrap_or(u64::MAX);
    let mut events = pulsar::events();
    events.listen().await?;
    let site = Supervisor::new(Strategy::OneForOne)
        .restarts(1_000, Duration::from_secs(1))
        .child("pool", part("/dev/null", Kind::Process).workers(3))
        .child("single", part("/dev/null", Kind::Process))
        .child("far", part("/dev/null", Kind::Process))
        .child("thread", part("/dev/null", Kind::Thread))
        .named("site")
        .spawn()
        .await?;
    let late = part_that("/dev/null", Kind::Process, How::UnlessLonger(length));
    let children: [PartProxy; 5] = [
        site.child::<Part>("pool").await?,
        site.child::<Part>("single").await?,
        site.child::<Part>("far").await?,
        site.child::<Part>("thread").await?,
        site.start_child("late", late).await?,
    ];
    for (at, child) in children.iter().enumerate() {
        let (child, path) = (child.clone(), path.clone());
        tokio::task::spawn_local(async move {
            loop {
                if let Err(error) = child.count().await {
                    append(&path, &format!("failed: {at}: {error}"));
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
    }
    // From another process, too.
    let (far, pool, asked) = (children[2].clone(), children[0].clone(), path.clone());
    tokio::task::spawn_local(async move {
        let mut answered = 0;
        loop {
            match far.ask_often(pool.clone(), 20).await {
                Ok(failures) if failures.is_empty() => answered += 20,
                other => append(&asked, &format!("failed: far: {other:?}")),
            }
            append(&asked, &format!("answered {answered}"));
        }
    });
    // What each of its processes runs.
    let (pool, single, running) = (children[0].clone(), children[1].clone(), path.clone());
    tokio::task::spawn_local(async move {
        loop {
            let mut builds = vec![single.build().await.unwrap_or_default()];
            for worker in pool.each().await.unwrap_or_default() {
                builds.push(worker.build().await.unwrap_or_default());
            }
            append(&running, &format!("runs {builds:?}"));
            tokio::time::sleep(PERIOD).await;
        }
    });
    append(&path, "ready");
    loop {
        append(&path, &events.next().await?.to_string());
    }
}
