//! Programs whose `main` is one tree, and which end as that does.
//!
//! ```text
//! grove MODE PATH
//! ```

use std::time::Duration;

use pulsar::{
    State,
    command::{Command, ping, stop},
    prelude::*,
};
use pulsar_tests::{
    SOON,
    actors::{How, burst_beside},
    trees::{finish_any, part, part_that},
    until,
};

#[pulsar::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (mode, path) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    let a = part(path.clone(), Kind::Process);
    let site = Supervisor::new(Strategy::OneForOne).restarts(1, Duration::from_secs(60)).child("a", a);
    match mode.as_str() {
        // A job ends, and the program with it.
        "significant" => {
            let job = part(path, Kind::Thread).restart(Restart::Transient).significant();
            later(1, "site.job", finish_any);
            site.auto_shutdown(AutoShutdown::AnySignificant).child("job", job).named("site").run().await
        }
        "unstarted" => {
            site.child("bad", part_that(path, Kind::Thread, How::Failing("no database".into())))
                .named("site")
                .run()
                .await
        }
        "give-up" => {
            later(2, "site.a", burst_beside);
            site.named("site").run().await
        }
        "stopped" => {
            later(1, "site", stop);
            site.named("site").run().await
        }
        // Its last child never becomes ready.
        "coming-up" => site.child("slow", part_that(path, Kind::Thread, How::After(600_000))).named("site").run().await,
        "stopped-coming-up" => {
            tokio::task::spawn_local(async move {
                until("it comes up", SOON, async || {
                    let lines = std::fs::read_to_string(&path).unwrap_or_default();
                    lines.lines().any(|line| line == "start site.slow")
                })
                .await;
                let _ = send("site", stop()).await;
            });
            let path = std::env::args().nth(2).unwrap_or_default();
            site.child("slow", part_that(path, Kind::Process, How::After(600_000))).named("site").run().await
        }
        mode => Err(Error::msg(format!("no mode `{mode}`"))),
    }
}

/// Sends something to a part of the tree, once all of it is up.
fn later<C>(times: u32, name: &'static str, command: impl Fn() -> C + 'static)
where
    C: Command,
    C::Reply: 'static,
    C::Error: 'static,
{
    tokio::task::spawn_local(async move {
        for _ in 0..times {
            until("all of it is up", SOON, async || {
                let tree = pulsar::tree().await.expect("an arbiter");
                tree.roots.iter().any(|root| root.state == State::Running) && send(name, ping()).await.is_ok()
            })
            .await;
            // It may die of it.
            let _ = send(name, command()).await;
        }
    });
}
